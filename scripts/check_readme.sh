#!/bin/sh
# Runs what README.md shows: scripts/check_readme.sh BUILD
#  - every line of its ```sh blocks, in a scratch folder with a small dataset of real prompts. `ossicle train` gets a network and a number of steps that
#    fit into seconds; nothing else is changed.
#  - its C program, installed for, compiled and run with the README's own lines (in a home folder of the test), on the model that the
#    lines above trained. The block for the whole system needs root: make is asked whether it would tell the run-time linker.
#    That installation, with this model as the one that ships, transcribes without --model, also when it is moved, and is uninstalled whole.
#  - every make target it names exists; every file it links to exists.
. "$(dirname "$0")/usage.sh"
set -eu
build=$(cd "${1:?usage: check_readme.sh BUILD}" && pwd)
root=$(cd "$(dirname "$0")/.." && pwd)
sounds=/usr/share/asterisk/sounds/en_US_f_Allison
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

mkdir -p "$scratch/bin" "$scratch/work/data/wav"
cat >"$scratch/bin/ossicle" <<END
#!/bin/sh
# Small enough for a test: a network of a few thousand weights, a few steps.
case " \$* " in
*" --resume "*) shift; exec "$build/ossicle" train "\$@" --set max_steps=6 ;;
*" --init "*) shift; exec "$build/ossicle" train "\$@" --set max_steps=2 --set batch_seconds=5 --set dev_fraction=0.3 ;;
*" train "*) shift; exec "$build/ossicle" train "\$@" --set conv_channels=8 --set d_model=24 --set n_layers=1 --set n_heads=2 --set d_ff=32 \\
	--set max_steps=4 --set warmup_steps=2 --set batch_seconds=5 --set dev_fraction=0.3 ;;
*) exec "$build/ossicle" "\$@" ;;
esac
END
chmod +x "$scratch/bin/ossicle"
cp -r "$root/configs" "$scratch/work/configs"
cd "$scratch/work"
echo wav,text >data/asr.csv
number=0
for name in activated added agent-loggedoff agent-loginok auth-thankyou call-forwarding call-waiting calling cancelled conf-full conf-invalid conf-locked; do
	file=wav/$(printf '%06d' $number).wav
	cp "$sounds/$name.wav" "data/$file"
	echo "$file,$(echo "$name" | sed 's/^[^-]*-//')" >>data/asr.csv
	number=$((number + 1))
done

cp "$sounds/activated.wav" hello.wav
mkdir recordings
cp "$sounds/added.wav" recordings

awk '/^```sh$/ { inside = 1; next } /^```/ { inside = 0 } inside' "$root/README.md" >"$scratch/lines"
[ -s "$scratch/lines" ] || { echo "README.md has no \`\`\`sh block" >&2; exit 1; }
while IFS= read -r line; do
	case "$line" in "ossicle transcribe "* | *" --init ossicle-en "*)
		if [ "${line#* --model }" = "$line" ] && [ ! -e "$root/checkpoints/ossicle-en.safetensors" ]; then
			echo "note: not run, for checkpoints/ossicle-en.safetensors is not there: $line"
			continue
		fi
		;;
	esac
	case "$line" in *film.mp4*)
		if ! command -v ffmpeg >/dev/null 2>&1; then
			echo "note: not run, for ffmpeg is not there: $line"
			continue
		fi
		ffmpeg -nostdin -loglevel error -y -i hello.wav film.mp4
		;;
	esac
	echo "\$ $line"
	PATH=$scratch/bin:$PATH sh -c "$line" </dev/null || { echo "README.md: this line failed: $line" >&2; exit 1; }
done <"$scratch/lines"

awk '/^```c$/ { inside = 1; next } /^```/ { inside = 0 } inside' "$root/README.md" >hello.c
cat >"$scratch/bin/make" <<END
#!/bin/sh
MAKEFLAGS= exec $(command -v make) -s -C "$root" BUILD="${build#"$root"/}" SHIPPED_MODEL="$PWD/checkpoints/mine/best/model.safetensors" "\$@" >&2
END
chmod +x "$scratch/bin/make"
awk '/^```/ { inside = 0; next } /^make install prefix=/ { inside = 1 } inside' "$root/README.md" >"$scratch/lines"
[ "$(wc -l <"$scratch/lines")" -ge 4 ] || { echo "README.md has no block that begins with make install prefix=" >&2; exit 1; }
HOME=$scratch PATH=$scratch/bin:$PATH env -u LD_LIBRARY_PATH sh -e "$scratch/lines" >hello.txt || { echo "README.md: these lines failed:" >&2; cat "$scratch/lines" >&2; exit 1; }
rm "$scratch/bin/make"
! ./hello checkpoints/mine nowhere.wav 2>/dev/null || { echo "the C program of README.md exits 0 when it fails" >&2; exit 1; }
sh -c '${CC:-cc} -Wall -Wextra -Werror -fsyntax-only -I"$1" hello.c' - "$root/include"
MAKEFLAGS= make -n -C "$root" BUILD="${build#"$root"/}" prefix=/usr/local install | grep -q 'case ./usr/local. in /usr|/usr/local) ldconfig' || { echo "make install does not tell the run-time linker" >&2; exit 1; }
mv "$scratch/.local" "$scratch/root"
ossicle_text=$("$build/ossicle" transcribe --model checkpoints/mine hello.wav)
[ "$(cat hello.txt)" = "$ossicle_text" ] || { echo "the C program of README.md and ossicle transcribe differ" >&2; exit 1; }

mv "$scratch/root" "$scratch/moved"
for program in "$scratch/moved/bin/ossicle" ../moved/bin/ossicle; do
	text=$(env -u OSSICLE_MODEL "$program" transcribe data/wav/000000.wav 2>"$scratch/note") &&
		grep -q '/moved/share/ossicle/ossicle-en.safetensors$' "$scratch/note" || { cat "$scratch/note" >&2; exit 1; }
	[ "$text" = "$ossicle_text" ] || { echo "make install: $program did not take the model installed with it" >&2; exit 1; }
done
MAKEFLAGS= make -s -C "$root" BUILD="${build#"$root"/}" prefix="$scratch/moved" uninstall
if [ -n "$(find "$scratch/moved" ! -type d)" ] || [ -e "$scratch/moved/share/ossicle" ]; then
	echo "make uninstall leaves these:" >&2
	find "$scratch/moved" ! -type d >&2
	exit 1
fi
MAKEFLAGS= make -s -C "$root" BUILD="${build#"$root"/}" DESTDIR="$scratch/stage" prefix=/opt SHIPPED_MODEL=/nowhere/model install >/dev/null 2>"$scratch/note" &&
	grep -q '^note: ' "$scratch/note" && [ -x "$scratch/stage/opt/bin/ossicle" ] || { echo "make install without a model to ship does not work" >&2; exit 1; }

for target in $(grep -o 'make [a-z][a-z-]*' "$root/README.md" | sort -u | cut -d' ' -f2); do
	case $target in
	recipe-*) # one rule for all of them; scripts/recipe.sh knows the names
		[ -s "$root/configs/${target#recipe-}.json" ] && grep -q "[(| ]${target#recipe-}[ )|]" "$root/scripts/recipe.sh" && target=recipe-% ;;
	esac
	grep -q "^$target:" "$root/Makefile" || { echo "README.md names make $target, which the Makefile lacks" >&2; exit 1; }
done
for link in $(grep -o '](\([^):]*\))' "$root/README.md" | tr -d '()]' | sort -u); do
	[ -e "$root/${link%%#*}" ] || { echo "README.md links to $link, which is not there" >&2; exit 1; }
done
