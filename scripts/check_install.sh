#!/bin/sh
# What `make install` puts where, used as strangers use it: scripts/check_install.sh BUILD
#  - into a prefix, and into DESTDIR: the same files, none of which knows the stage; soname and links of the shared library;
#  - a program in C and one in C++, with pkg-config alone: shared, and static with --static;
#  - with CMake (when there is one): ossicle::ossicle and ossicle::static, versions that fit and do not, and once more after the
#    folder was moved;
#  - the language model beside the model that ships comes with it, and one of before does not stay with another model;
#  - make uninstall leaves no file and no folder of ours.
. "$(dirname "$0")/usage.sh"
set -eu
root=$(cd "$(dirname "$0")/.." && pwd)
build=$(cd "${1:?usage: check_install.sh BUILD}" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
version=$(sed -n 's/^#define OSS_VERSION  *"\(.*\)"$/\1/p' "$root/include/ossicle/version.h")
fail() {
	echo "$*" >&2
	exit 1
}
run_make() {
	MAKEFLAGS='' make -s -C "$root" BUILD="$(realpath --relative-to="$root" "$build")" SHIPPED_MODEL=/nowhere/model.safetensors "$@" >"$work/make.log" 2>&1 ||
		{ cat "$work/make.log" >&2; fail "make $* failed"; }
}
export PKG_CONFIG_PATH="$work/prefix/lib/pkgconfig"

run_make install prefix="$work/prefix"
run_make install prefix=/opt/ossicle DESTDIR="$work/stage"
(cd "$work/prefix" && find . | LC_ALL=C sort) >"$work/files"
(cd "$work/stage/opt/ossicle" && find . | LC_ALL=C sort) | diff "$work/files" - || fail "DESTDIR gets other files than a prefix"
for file in lib/libossicle.a lib/libossicle.so lib/pkgconfig/ossicle.pc lib/cmake/ossicle/ossicleConfig.cmake \
	lib/cmake/ossicle/ossicleConfigVersion.cmake include/ossicle/ossicle.h bin/ossicle bin/ossicle-train share/man/man1/ossicle.1; do
	[ -e "$work/prefix/$file" ] || fail "make install: no $file"
done
! grep -rIl -e "$work" -e '@[a-z]*@' "$work/stage" || fail "these files name the stage, or were not filled in"
grep -q '^prefix=/opt/ossicle$' "$work/stage/opt/ossicle/lib/pkgconfig/ossicle.pc" || fail "ossicle.pc has another prefix"
soname=$(objdump -p "$work/prefix/lib/libossicle.so" | awk '$1 == "SONAME" { print $2 }')
for link in libossicle.so "$soname"; do
	[ "$(basename "$(readlink -f "$work/prefix/lib/$link")")" = "libossicle.so.$version" ] || fail "lib/$link does not lead to libossicle.so.$version"
done
[ "$(pkg-config --modversion ossicle)" = "$version" ] || fail "ossicle.pc has another version"

cat >"$work/user.c" <<'USER'
#include <ossicle/ossicle.h>
#include <stdio.h>
#include <string.h>
int main(void) {
	oss_recognizer_options options = oss_recognizer_options_init();
	oss_recognizer_info info = oss_recognizer_info_init();
	oss_format_options format = oss_format_options_init();
	oss_recognizer *recognizer = 0;
	oss_status status = oss_recognizer_create_memory(&recognizer, "no model", 8, "bytes", &options);
	printf("%s: %s\n", oss_version(), oss_last_error());
	if (options.size != sizeof options || info.size != sizeof info || format.size != sizeof format || options.threads != 0 || format.lines != 0)
		return 2;
	return status == OSS_EINPUT && strcmp(oss_version(), OSS_VERSION) == 0 ? 0 : 1;
}
USER
cp "$work/user.c" "$work/user.cc"
check_program() { # WHAT NEEDS: runs $work/user, which loads libossicle.so or does not
	"$work/user" >"$work/said" || fail "$1: the program does not run"
	grep -q bytes "$work/said" || fail "$1: the program says something else"
	loads=no
	! ldd "$work/user" | grep -q 'libossicle' || loads=yes
	[ "$loads" = "$2" ] || fail "$1: does it load libossicle.so? $loads"
}
strict="-Wall -Wextra -Wpedantic -Werror"
# shellcheck disable=SC2046,SC2086
build_with_pkg_config() { # WHAT LOADS FLAGS...
	what=$1 loads=$2
	shift 2
	${CC:-cc} -std=c11 $strict -o "$work/user" "$work/user.c" $(pkg-config --cflags --libs "$@" ossicle) -Wl,-rpath,"$work/prefix/lib" || fail "C, $what: does not build"
	check_program "C, $what" "$loads"
	${CXX:-c++} -std=c++11 $strict -o "$work/user" "$work/user.cc" $(pkg-config --cflags --libs "$@" ossicle) -Wl,-rpath,"$work/prefix/lib" || fail "C++, $what: does not build"
	check_program "C++, $what" "$loads"
}
build_with_pkg_config "pkg-config, shared" yes
mkdir "$work/aside"
mv "$work/prefix"/lib/libossicle.so* "$work/aside"
build_with_pkg_config "pkg-config, static" no --static
# Where every library is there as an archive, a program that needs no shared one at all.
# shellcheck disable=SC2046
if echo 'int main(void) { return 0; }' | ${CC:-cc} -static -x c -o /dev/null - $(pkg-config --static --libs sndfile samplerate libcjson libutf8proc libxxhash) 2>/dev/null; then
	shared=$strict
	strict="$strict -static"
	build_with_pkg_config "pkg-config, nothing shared" no --static
	strict=$shared
fi
mv "$work/aside"/* "$work/prefix/lib"

configure() { # FOLDER ARGUMENT-OF-find_package...
	mkdir -p "$work/cmake"
	folder=$1
	shift
	rm -rf "$work/cmake/build"
	cat >"$work/cmake/CMakeLists.txt" <<END
cmake_minimum_required(VERSION 3.5...3.25)
project(user C)
find_package(ossicle $*)
add_executable(user ../user.c)
if(TARGET ossicle::static)
  target_link_libraries(user ossicle::static)
else()
  target_link_libraries(user ossicle::ossicle)
endif()
END
	cmake -S "$work/cmake" -B "$work/cmake/build" -DCMAKE_PREFIX_PATH="$folder" >"$work/cmake.log" 2>&1
}
build_with_cmake() { # WHAT LOADS FOLDER ARGUMENT...
	what=$1 loads=$2
	shift 2
	configure "$@" || { cat "$work/cmake.log" >&2; fail "$what: CMake does not find it"; }
	cmake --build "$work/cmake/build" >"$work/cmake.log" 2>&1 || { cat "$work/cmake.log" >&2; fail "$what: does not build"; }
	mv "$work/cmake/build/user" "$work/user"
	check_program "$what" "$loads"
}
minor=${version%.*}
if command -v cmake >/dev/null 2>&1; then
	build_with_cmake "CMake, shared" yes "$work/prefix" "$version" REQUIRED
	build_with_cmake "CMake, static" no "$work/prefix" "$minor" REQUIRED COMPONENTS static
	mv "$work/prefix" "$work/moved"
	build_with_cmake "CMake, shared, moved" yes "$work/moved" REQUIRED
	mv "$work/moved" "$work/prefix"
	for wrong in 99.0 "${version%%.*}.99" "$((${version%%.*} + 1)).0"; do
		! configure "$work/prefix" "$wrong" REQUIRED || fail "CMake finds version $wrong"
	done
	! configure "$work/prefix" REQUIRED COMPONENTS nonsense || fail "CMake finds a component that there is not"
	grep -q 'there is "static" alone' "$work/cmake.log" || fail "CMake does not say what is wrong with a component"
else
	echo "note: no cmake: the CMake package is not tried"
fi

# Which files they are is not looked at here; the program is not asked to read them.
echo model >"$work/mine.safetensors"
echo words >"$work/mine.lm"
share=$work/prefix/share/ossicle
run_make install prefix="$work/prefix" SHIPPED_MODEL="$work/mine.safetensors"
cmp "$work/mine.safetensors" "$share/ossicle-en.safetensors" && cmp "$work/mine.lm" "$share/ossicle-en.lm" || fail "make install: not the model, or not the language model beside it"
rm "$work/mine.lm"
run_make install prefix="$work/prefix" SHIPPED_MODEL="$work/mine.safetensors"
[ ! -e "$share/ossicle-en.lm" ] || fail "make install: the language model of another model stays"
echo words >"$work/mine.lm"
run_make install prefix=/opt/ossicle DESTDIR="$work/stage" SHIPPED_MODEL="$work/mine.safetensors"
[ -s "$work/stage/opt/ossicle/share/ossicle/ossicle-en.lm" ] || fail "DESTDIR gets no language model"

run_make uninstall prefix="$work/prefix"
run_make uninstall prefix=/opt/ossicle DESTDIR="$work/stage"
(cd "$work" && find prefix stage ! -type d -o -name '*ossicle*' ! -path 'stage/opt/ossicle' -o -name cmake) >"$work/left"
[ ! -s "$work/left" ] || { cat "$work/left"; fail "make uninstall left these"; }
echo "$(wc -l <"$work/files") files and folders"
