/* The table of keys. `make docs` writes it into docs/configuration.md. */
#include <string.h>

#include "base/fail.h"
#include "base/utf8.h"
#include "model/config_internal.h"
#include "text/edit_distance.h"

#define AT(member)      .offset = offsetof(oss_config, member)
#define RANGE(from, to) .low = (from), .high = (to)
#define WORDS(list)     .type = CONFIG_WORD, .word = (list), .words = (int32_t)(sizeof(list) / sizeof(list)[0])
#define FRONT_END       .section = "front end", .model = true
#define NETWORK         .section = "network", .model = true
#define TEXT            .section = "text", .model = true
#define DATA            .section = "data"
#define TRAINING        .section = "training"
#define AUGMENTATION    .section = "augmentation"
#define INTEGER         .type = CONFIG_INTEGER
#define LONG            .type = CONFIG_LONG
#define NUMBER          .type = CONFIG_NUMBER
#define PATH            .type = CONFIG_PATH

static const char *const mel_words[] = {"log", "power"};
static const char *const mel_norm_words[] = {"utterance", "speech", "fixed", "none"};
static const char *const normalize_words[] = {"none", "peak"};
static const char *const position_words[] = {"none", "sinusoidal", "rope"};
static const char *const units_words[] = {"char", "bpe"};
static const char *const case_words[] = {"lower", "upper", "keep"};
static const char *const split_words[] = {"text", "speaker", "row"};
static const char *const precision_words[] = {"fp32", "bf16"};
static const char *const optimizer_words[] = {"adamw", "muon"};
static const char *const mel_stats_words[] = {"model", "data"};
static const char *const policy_words[] = {"skip", "error"};

/* clang-format off */
const config_field oss_config_field[] = {
    {"sample_rate", FRONT_END, INTEGER, AT(model.mel.sample_rate_hz), RANGE(1000, 192000), .fallback = "16000",
     .help = "Samples per second of the audio that the network hears, in Hz; recordings of other rates are resampled."},
    {"n_fft", FRONT_END, INTEGER, AT(model.mel.n_fft), RANGE(4, 65536), .fallback = "1024",
     .help = "Length of the Fourier transform in samples; even, and fast when a power of two."},
    {"frame_win", FRONT_END, INTEGER, AT(model.mel.win_samples), RANGE(1, 65536), .fallback = "400",
     .help = "Length of the Hann window in samples, at most n_fft."},
    {"frame_hop", FRONT_END, INTEGER, AT(model.mel.hop_samples), RANGE(1, 65536), .fallback = "160",
     .help = "Samples from one mel frame to the next, at most n_fft."},
    {"mel_bins", FRONT_END, INTEGER, AT(model.mel.bins), RANGE(1, 1024), .fallback = "128",
     .help = "Mel bands per frame, from 0 Hz to half of sample_rate."},
    {"mel", FRONT_END, WORDS(mel_words), AT(model.mel.kind), .fallback = "\"log\"",
     .help = "What the network is fed: the logarithm of the mel power, or the power itself as the seed does."},
    {"mel_floor", FRONT_END, NUMBER, AT(model.mel.floor), RANGE(0, 1), .above = true, .fallback = "1e-6",
     .help = "Smallest mel power before the logarithm."},
    {"mel_norm", FRONT_END, WORDS(mel_norm_words), AT(model.mel.norm), .fallback = "\"utterance\"",
     .help = "Mean 0 and deviation 1 of each log-mel band, over the utterance, over the frames of it that hold speech (silence around speech then changes nothing), or with fixed statistics of the training set; always none with mel power."},
    {"normalize", FRONT_END, WORDS(normalize_words), AT(model.normalize), .fallback = "\"none\"",
     .help = "peak scales each recording so that its largest sample is 1."},
    {"min_peak", FRONT_END, NUMBER, AT(model.min_peak), RANGE(0, 1), .below = true, .fallback = "0.01",
     .help = "Recordings whose largest sample is smaller are silent and treated as bad audio."},

    {"downsample_time", NETWORK, INTEGER, AT(model.downsample_time), RANGE(4, 8), .range = "4 or 8", .fallback = "8",
     .help = "Mel frames per embedding: 8 (three convolutions) or 4 (two)."},
    {"target_hz", NETWORK, .type = CONFIG_DERIVED, AT(model.target_hz), RANGE(0, 1e6), .above = true, .fallback = "null",
     .help = "Embeddings per second; null follows, a number must be sample_rate / frame_hop / downsample_time."},
    {"conv_channels", NETWORK, INTEGER, AT(model.conv_channels), RANGE(1, 1024), .fallback = "64",
     .help = "Channels of every convolution."},
    {"d_model", NETWORK, INTEGER, AT(model.d_model), RANGE(1, 4096), .fallback = "192",
     .help = "Width of an embedding and of the Transformer."},
    {"n_layers", NETWORK, INTEGER, AT(model.n_layers), RANGE(1, 64), .fallback = "4", .help = "Transformer blocks."},
    {"n_heads", NETWORK, INTEGER, AT(model.n_heads), RANGE(1, 256), .fallback = "3",
     .help = "Attention heads; must divide d_model."},
    {"d_ff", NETWORK, INTEGER, AT(model.d_ff), RANGE(1, 65536), .fallback = "768",
     .help = "Width of the hidden layer in a block's feed-forward part."},
    {"dropout", NETWORK, NUMBER, AT(model.dropout), RANGE(0, 1), .below = true, .fallback = "0.1",
     .help = "Probability of zeroing, in training, of attention weights and of what each half of a block adds."},
    {"position", NETWORK, WORDS(position_words), AT(model.position), .fallback = "\"rope\"",
     .help = "How a block knows the order of frames: not at all (the seed), sines added once, or rotated queries and keys."},
    {"ctc_subframes", NETWORK, INTEGER, AT(model.ctc_subframes), RANGE(1, 16), .fallback = "2",
     .help = "Symbols that the CTC head may write per embedding; characters at 12.5 Hz need at least 2."},
    {"value_conv", NETWORK, INTEGER, AT(model.value_conv), RANGE(0, 255), .range = "0, or odd up to 255", .unless_zero = true, .fallback = "0",
     .help = "Embeddings under a convolution over time that each block adds to its attention, each channel of the values by itself; 0 for none. 15 are 7 to either side (0.56 s at 12.5 Hz), as far as attention sees."},
    {"projector_dim", NETWORK, INTEGER, AT(model.projector_dim), RANGE(0, 65536), .fallback = "0",
     .help = "Width of a projector for a language model (the seed's is 256); 0 for none. CTC training leaves it as it began."},

    {"units", TEXT, WORDS(units_words), AT(model.units), .fallback = "\"char\"",
     .help = "What the head spells in: characters, or byte-pair units (bpe), frequent pieces of words learnt from the training transcripts."},
    {"vocab_size", TEXT, INTEGER, AT(model.vocab_size), RANGE(0, 1114112), .range = "0, or 3 to 1114112", .fallback = "0",
     .help = "Upper bound of the vocabulary, its blank and unknown symbol included. char: the most frequent characters stay, 0 for no bound; bpe: 32 to 1024, 0 for 256."},
    {"case", TEXT, WORDS(case_words), AT(model.text_case), .fallback = "\"lower\"",
     .help = "Case of transcripts in training and scoring."},

    {"train_csv", DATA, .type = CONFIG_SOURCES, AT(data.train_csv), .resume = true, .fallback = "null",
     .help = "CSV to train on, or a list of {\"csv\", \"weight\"}: weight (1) is how often each of its rows is drawn in an epoch, on average."},
    {"dev_csv", DATA, PATH, AT(data.dev_csv), .resume = true, .fallback = "null",
     .help = "CSV that is scored during training; null holds out dev_fraction of train_csv."},
    {"data_format", DATA, WORDS(oss_data_format_word), AT(data.data_format), .resume = true, .fallback = "\"auto\"",
     .help = "Form of train_csv and dev_csv: auto finds it by what is in each; else a CSV or what another toolkit has (file-formats.md#other-forms-of-a-dataset-read)."},
    {"vocab_json", DATA, PATH, AT(data.vocab_json), .fallback = "null",
     .help = "Vocabulary to use, as ossicle vocab writes it; null makes one from the rows that train, with --init from its model's and them. Not read on --resume."},
    {"dev_fraction", DATA, NUMBER, AT(data.dev_fraction), RANGE(0, 1), .below = true, .alias = "val_split", .fallback = "0.1",
     .help = "Fraction of train_csv that is held out when there is no dev_csv; 0 for none."},
    {"split_by", DATA, WORDS(split_words), AT(data.split_by), .fallback = "\"text\"",
     .help = "What stays together when rows are held out: equal transcripts, a speaker's rows (at least 5 speakers), or nothing."},
    {"min_seconds", DATA, NUMBER, AT(data.min_seconds), RANGE(0, 3600), .fallback = "0.1",
     .help = "Shorter recordings are treated as bad audio."},
    {"max_seconds", DATA, NUMBER, AT(data.max_seconds), RANGE(0, 3600), .above = true, .fallback = "30",
     .help = "Longer recordings are treated as bad audio; more than min_seconds."},
    {"infeasible", DATA, WORDS(policy_words), AT(data.infeasible), .fallback = "\"skip\"",
     .help = "Rows whose transcript needs more frames than the recording gives: skip and report them, or stop."},
    {"bad_audio", DATA, WORDS(policy_words), AT(data.bad_audio), .fallback = "\"skip\"",
     .help = "Recordings that cannot be read, are silent, too short or too long: skip and report them, or stop."},
    {"cache_mib", DATA, LONG, AT(data.cache_mib), RANGE(0, 16777216), .fallback = "4096",
     .help = "Memory for decoded recordings, in MiB; what does not fit is decoded again each epoch."},

    {"seed", TRAINING, .type = CONFIG_SEED, AT(training.seed), RANGE(0, 9007199254740991.0), .fallback = "1",
     .help = "Decides initial weights, order of rows and dropout."},
    {"max_steps", TRAINING, LONG, AT(training.max_steps), RANGE(1, 4294967295.0), .resume = true, .fallback = "5000",
     .help = "Optimiser steps of the whole run; the learning rate falls until then."},
    {"batch_seconds", TRAINING, NUMBER, AT(training.batch_seconds), RANGE(0, 1e6), .above = true, .fallback = "128",
     .help = "Seconds of audio in a batch, at most; a longer recording is a batch of its own."},
    {"curriculum_epochs", TRAINING, LONG, AT(training.curriculum_epochs), RANGE(0, 1000000), .fallback = "0",
     .help = "First epochs in which batches go from short utterances to long ones; afterwards they come in a drawn order."},
    {"accum_steps", TRAINING, INTEGER, AT(training.accum_steps), RANGE(1, 65536), .alias = "gradient_accumulation_steps", .fallback = "1",
     .help = "Batches whose gradients make one optimiser step."},
    {"grad_shards", TRAINING, INTEGER, AT(training.grad_shards), RANGE(1, 1024), .fallback = "16",
     .help = "Parts of a batch whose gradients are summed in a fixed order; at most so many threads have work. Part of what decides the bits of the weights."},
    {"lr", TRAINING, NUMBER, AT(training.lr), RANGE(0, 10), .above = true, .fallback = "0.001", .help = "Highest learning rate."},
    {"warmup_steps", TRAINING, LONG, AT(training.warmup_steps), RANGE(0, 4294967295.0), .fallback = "300",
     .help = "Steps in which the learning rate rises from 0 to lr."},
    {"min_lr_ratio", TRAINING, NUMBER, AT(training.min_lr_ratio), RANGE(0, 1), .fallback = "0.1",
     .help = "Learning rate at max_steps and after, as a fraction of lr."},
    {"weight_decay", TRAINING, NUMBER, AT(training.weight_decay), RANGE(0, 10), .alias = "wd", .fallback = "0.1",
     .help = "Decoupled decay of matrices and kernels, times the learning rate; biases and norms never decay."},
    {"optimizer", TRAINING, WORDS(optimizer_words), AT(training.optimizer), .fallback = "\"adamw\"",
     .help = "adamw, or muon for the matrices and kernels of the encoder (momentum with all singular values near 1) and AdamW for the rest; lr and weight_decay mean the same in both."},
    {"betas", TRAINING, .type = CONFIG_BETAS, AT(training.beta1), RANGE(0, 1), .below = true, .fallback = "[0.9, 0.999]",
     .help = "Decay of AdamW's first and second moment."},
    {"eps", TRAINING, NUMBER, AT(training.eps), RANGE(0, 1), .above = true, .fallback = "1e-8", .help = "AdamW's guard against division by zero."},
    {"clip_norm", TRAINING, NUMBER, AT(training.clip_norm), RANGE(0, 1e9), .above = true, .alias = "max_grad_norm", .fallback = "1",
     .help = "Gradients are scaled down to this norm over all trained parameters; 1e9 practically never is."},
    {"ema_decay", TRAINING, NUMBER, AT(training.ema_decay), RANGE(0, 1), .below = true, .fallback = "0",
     .help = "Decay per step of a running average of the weights, which is then what is scored and kept: 0.999 looks back over some 1000 steps. 0 for none."},
    {"head_init_gain", TRAINING, NUMBER, AT(training.head_init_gain), RANGE(0, 10), .fallback = "1",
     .help = "Scale of the head's initial weights; 1 is PyTorch's. Sets of minutes may need 0.3, so that the blank becomes the filler."},
    {"inter_ctc_weight", TRAINING, NUMBER, AT(training.inter_ctc_weight), RANGE(0, 1), .below = true, .fallback = "0",
     .help = "Share of intermediate CTC in the loss of training: a second CTC, by the same last norm and head, of what the block inter_ctc_block gives (InterCTC; the paper takes 0.3). 0 for none."},
    {"inter_ctc_block", TRAINING, INTEGER, AT(training.inter_ctc_block), RANGE(0, 63), .fallback = "0",
     .help = "Block that intermediate CTC follows, from 1, less than n_layers; 0 for n_layers / 2."},
    {"cr_ctc_weight", TRAINING, NUMBER, AT(training.cr_ctc_weight), RANGE(0, 100), .fallback = "0",
     .help = "Weight of consistency-regularised CTC: each utterance is trained on twice at once, with dropout and masks of its own each time, and the two outputs are drawn together (CR-CTC; 0.2 in the paper). A step takes twice the time. 0 for none."},
    {"cr_ctc_warmup_steps", TRAINING, LONG, AT(training.cr_ctc_warmup_steps), RANGE(0, 4294967295.0), .fallback = "0",
     .help = "First steps over which cr_ctc_weight rises in a straight line from 0 to what it is (icefall: 2000), so that outputs are not drawn together before they say anything."},
    {"label_prior_weight", TRAINING, NUMBER, AT(training.label_prior_weight), RANGE(0, 1), .fallback = "0",
     .help = "Power of the priors that CTC divides the outputs by in training (label priors): symbols that are given often, the blank first of all, gain nothing by it, so that the others last longer. 0 for none; the papers have 0.3 and up."},
    {"label_prior_decay", TRAINING, NUMBER, AT(training.label_prior_decay), RANGE(0, 1), .below = true, .fallback = "0.99",
     .help = "Decay per step of the running average of the outputs that is taken for their priors: 0.99 looks back over some 100 steps."},
    {"stochastic_depth", TRAINING, NUMBER, AT(training.stochastic_depth), RANGE(0, 1), .below = true, .fallback = "0",
     .help = "Probability that an utterance passes by the last block in a step of training, falling linearly towards the first block (stochastic depth): block i of n is left out with i/n of it. 0 for none."},
    {"chunk_training", TRAINING, NUMBER, AT(training.chunk.prob), RANGE(0, 1), .fallback = "0",
     .help = "Probability that an utterance's attention is limited to chunks in a step of training, for a model that can also run as a stream: an embedding then sees its chunk and some seconds before that. Needs mel_norm fixed or none. 0 for none."},
    {"chunk_seconds_min", TRAINING, NUMBER, AT(training.chunk.seconds_min), RANGE(0, 3600), .above = true, .fallback = "0.32",
     .help = "Shortest chunk that is drawn, in seconds, rounded to whole embeddings (80 ms with downsample_time 8); at most chunk_seconds_max."},
    {"chunk_seconds_max", TRAINING, NUMBER, AT(training.chunk.seconds_max), RANGE(0, 3600), .above = true, .fallback = "2.56",
     .help = "Longest chunk."},
    {"left_seconds_min", TRAINING, NUMBER, AT(training.chunk.left_seconds_min), RANGE(0, 3600), .fallback = "0.64",
     .help = "Shortest stretch before a chunk that is drawn to be seen besides, in seconds; at most left_seconds_max."},
    {"left_seconds_max", TRAINING, NUMBER, AT(training.chunk.left_seconds_max), RANGE(0, 3600), .fallback = "5.12",
     .help = "Longest such stretch."},
    {"freeze", TRAINING, .type = CONFIG_NAMES, AT(training.freeze), .fallback = "[]",
     .help = "Patterns of tensors that get no update when fine-tuning (--init), such as \"encoder.down.*\"; --freeze sets them."},
    {"mel_stats", TRAINING, WORDS(mel_stats_words), AT(training.mel_stats), .fallback = "\"model\"",
     .help = "Statistics for mel_norm fixed when fine-tuning (--init): model keeps those of the model, if it has any of this front end; data measures the rows that train, as runs without --init do."},
    {"eval_every", TRAINING, LONG, AT(training.eval_every), RANGE(1, 4294967295.0), .alias = "val_freq", .resume = true, .fallback = "250",
     .help = "Steps from one scoring of the held-out rows to the next."},
    {"checkpoint_every", TRAINING, LONG, AT(training.checkpoint_every), RANGE(1, 4294967295.0), .alias = "checkpoint_freq", .resume = true,
     .fallback = "250", .help = "Steps from one checkpoint to the next."},
    {"keep_last", TRAINING, INTEGER, AT(training.keep_last), RANGE(1, 100000), .resume = true, .fallback = "3",
     .help = "Newest checkpoints that are kept; the best is kept besides."},
    {"patience", TRAINING, INTEGER, AT(training.patience), RANGE(0, 1000000), .resume = true, .fallback = "0",
     .help = "Scorings without a better CER, or an equal one and a better WER, after which training stops; a lower loss alone is no gain. 0 never stops early."},
    {"threads", TRAINING, INTEGER, AT(training.threads), RANGE(0, 1024), .resume = true, .fallback = "0",
     .help = "Threads to compute with; 0 for as many as there are processors. The weights do not depend on it."},
    {"precision", TRAINING, WORDS(precision_words), AT(training.precision), .fallback = "\"fp32\"",
     .help = "Numbers that matrix products and convolutions multiply: float32, or bf16, nearly twice as fast where the processor has AVX512_BF16. Weights and sums are float32."},
    {"run_dir", TRAINING, PATH, AT(training.run_dir), .alias = "save_dir", .fallback = "null",
     .help = "Folder of the run; null for checkpoints/NAME after the config file NAME.json. --run goes before it."},

    {"speed_prob", AUGMENTATION, NUMBER, AT(augmentation.augment.speed_prob), RANGE(0, 1), .fallback = "0",
     .help = "Probability that a recording is heard faster or slower, tempo and pitch together; not where its transcript would no longer fit."},
    {"speed_min", AUGMENTATION, NUMBER, AT(augmentation.augment.speed_min), RANGE(0.5, 2), .fallback = "0.9",
     .help = "Slowest speed that is drawn, as a factor; at most speed_max."},
    {"speed_max", AUGMENTATION, NUMBER, AT(augmentation.augment.speed_max), RANGE(0.5, 2), .fallback = "1.1",
     .help = "Fastest speed that is drawn, as a factor."},
    {"gain_prob", AUGMENTATION, NUMBER, AT(augmentation.augment.gain_prob), RANGE(0, 1), .fallback = "0",
     .help = "Probability that a recording is made louder or softer."},
    {"gain_db", AUGMENTATION, NUMBER, AT(augmentation.augment.gain_db), RANGE(0, 60), .fallback = "6",
     .help = "Largest change of loudness, in dB up and down."},
    {"noise_prob", AUGMENTATION, NUMBER, AT(augmentation.augment.noise_prob), RANGE(0, 1), .fallback = "0",
     .help = "Probability that noise is added; noise_white, noise_pink, noise_babble and noise_recorded say which."},
    {"noise_snr_min_db", AUGMENTATION, NUMBER, AT(augmentation.augment.noise_snr_min_db), RANGE(-20, 100), .fallback = "10",
     .help = "Loudest noise: lowest ratio of the recording's power to that of the noise, in dB; at most noise_snr_max_db."},
    {"noise_snr_max_db", AUGMENTATION, NUMBER, AT(augmentation.augment.noise_snr_max_db), RANGE(-20, 100), .fallback = "30",
     .help = "Softest noise: highest such ratio, in dB."},
    {"noise_white", AUGMENTATION, NUMBER, AT(augmentation.augment.noise_white), RANGE(0, 1e6), .fallback = "1",
     .help = "Chance of white noise, in proportion to the chances of the other kinds."},
    {"noise_pink", AUGMENTATION, NUMBER, AT(augmentation.augment.noise_pink), RANGE(0, 1e6), .fallback = "1",
     .help = "Chance of pink noise, whose power falls by 3 dB an octave."},
    {"noise_babble", AUGMENTATION, NUMBER, AT(augmentation.augment.noise_babble), RANGE(0, 1e6), .fallback = "0",
     .help = "Chance of babble: 3 to 8 other recordings of the training rows at once, each as loud as the others; 512 rows, drawn by the seed, take part and stay in memory."},
    {"noise_recorded", AUGMENTATION, NUMBER, AT(augmentation.augment.noise_recorded), RANGE(0, 1e6), .fallback = "1",
     .help = "Chance of a stretch of a recording from noise_dir, from a drawn place on and over and over, silence passed over; without noise_dir nothing."},
    {"noise_dir", AUGMENTATION, PATH, AT(augmentation.augment.noise_dir), .resume = true, .fallback = "null",
     .help = "Folder with recordings of noise, folders below it included; they are decoded when training begins, silent ones are named and left out, and resuming needs the same."},
    {"noise_mib", AUGMENTATION, LONG, AT(augmentation.augment.noise_mib), RANGE(1, 1048576), .fallback = "256",
     .help = "Memory for the recordings of noise_dir, in MiB (2.3 hours at 16 kHz); those that come later by name are left out."},
    {"reverb_prob", AUGMENTATION, NUMBER, AT(augmentation.augment.reverb_prob), RANGE(0, 1), .fallback = "0",
     .help = "Probability that a recording is heard in a room; words keep their times, and the recording its energy."},
    {"reverb_rt60_min", AUGMENTATION, NUMBER, AT(augmentation.augment.reverb_rt60_min_s), RANGE(0.01, 3), .fallback = "0.1",
     .help = "Shortest reverberation of a synthetic room, in seconds until it is 60 dB down; at most reverb_rt60_max."},
    {"reverb_rt60_max", AUGMENTATION, NUMBER, AT(augmentation.augment.reverb_rt60_max_s), RANGE(0.01, 3), .fallback = "0.6",
     .help = "Longest such reverberation, in seconds."},
    {"reverb_drr_min_db", AUGMENTATION, NUMBER, AT(augmentation.augment.reverb_drr_min_db), RANGE(-40, 60), .fallback = "0",
     .help = "Farthest speaker in a synthetic room: lowest ratio of direct to reverberant energy, in dB; at most reverb_drr_max_db."},
    {"reverb_drr_max_db", AUGMENTATION, NUMBER, AT(augmentation.augment.reverb_drr_max_db), RANGE(-40, 60), .fallback = "15",
     .help = "Nearest speaker: highest such ratio, in dB."},
    {"reverb_dir", AUGMENTATION, PATH, AT(augmentation.augment.reverb_dir), .resume = true, .fallback = "null",
     .help = "Folder with recorded impulse responses, which take the place of synthetic rooms; each counts from its largest sample on, for a second at most."},
    {"telephone_prob", AUGMENTATION, NUMBER, AT(augmentation.augment.telephone_prob), RANGE(0, 1), .fallback = "0",
     .help = "Probability that a recording is heard through a telephone: 300 to 3400 Hz."},
    {"telephone_mulaw_prob", AUGMENTATION, NUMBER, AT(augmentation.augment.telephone_mulaw_prob), RANGE(0, 1), .fallback = "0.5",
     .help = "Probability that such a recording also passes through the 8 bits of G.711's mu-law."},
    {"shift_ms", AUGMENTATION, NUMBER, AT(augmentation.augment.shift_ms), RANGE(0, 10000), .fallback = "0",
     .help = "Longest silence put in front of a recording, in ms; its length is drawn anew each time, so that words move against the frames."},
    {"silence_prob", AUGMENTATION, NUMBER, AT(augmentation.augment.silence_prob), RANGE(0, 1), .fallback = "0",
     .help = "Probability that silence is put in front of a recording and behind it: zeros in half of the cases, else white noise 30 to 60 dB below the recording."},
    {"silence_seconds_max", AUGMENTATION, NUMBER, AT(augmentation.augment.silence_max_s), RANGE(0, 60), .fallback = "2",
     .help = "Longest such silence on either side, in seconds; both lengths are uniform from 0, beside that of shift_ms."},
    {"concat_prob", AUGMENTATION, NUMBER, AT(augmentation.concat_prob), RANGE(0, 1), .fallback = "0",
     .help = "Probability that an utterance goes on with the next one drawn: audio end to end with a short silence, transcripts with a space; never beyond max_seconds."},
    {"bpe_dropout", AUGMENTATION, NUMBER, AT(augmentation.bpe_dropout), RANGE(0, 1), .fallback = "0",
     .help = "With units bpe: probability that a merge is passed over, so that a word is spelled in many ways (BPE-dropout); not where the longer spelling would not fit."},
    {"warp_prob", AUGMENTATION, NUMBER, AT(augmentation.warp.prob), RANGE(0, 1), .fallback = "0",
     .help = "Probability that the frequencies of an utterance are warped in a step of training, as by a vocal tract of another length (VTLP)."},
    {"warp_max", AUGMENTATION, NUMBER, AT(augmentation.warp.most), RANGE(0, 0.4), .fallback = "0.1",
     .help = "Largest such change: the factor is one of 21 from 1 - warp_max to 1 + warp_max, drawn anew for each step and view."},
    {"freq_masks", AUGMENTATION, INTEGER, AT(augmentation.mask.freq_masks), RANGE(0, 100), .fallback = "0",
     .help = "Bands of mel bins that are blanked in each utterance (SpecAugment)."},
    {"freq_mask_bins", AUGMENTATION, INTEGER, AT(augmentation.mask.freq_mask_bins), RANGE(0, 1024), .fallback = "27",
     .help = "Widest blanked band, in mel bins; widths are uniform from 0. Less than mel_bins."},
    {"time_masks_per_second", AUGMENTATION, NUMBER, AT(augmentation.mask.time_masks_per_second), RANGE(0, 100), .fallback = "0",
     .help = "Stretches of time that are blanked, per second of audio; a fraction of one is a probability."},
    {"time_mask_frames", AUGMENTATION, INTEGER, AT(augmentation.mask.time_mask_frames), RANGE(0, 10000), .fallback = "20",
     .help = "Longest blanked stretch, in mel frames; lengths are uniform from 0."},
    {"time_mask_max_fraction", AUGMENTATION, NUMBER, AT(augmentation.mask.time_mask_max_fraction), RANGE(0, 1), .fallback = "0.3",
     .help = "Largest fraction of an utterance that its blanked stretches cover together."},
};
/* clang-format on */
const int32_t oss_config_fields = (int32_t)(sizeof oss_config_field / sizeof oss_config_field[0]);
_Static_assert(sizeof oss_config_field / sizeof oss_config_field[0] <= OSS_CONFIG_MAX_KEYS,
               "oss_config.given has a place for each key");

const config_foreign oss_config_foreign_key[] = {
    {"batch_size", "batch_seconds"},
    {"ctc_vocab_size", "vocab_size"},
    {"drop_last", NULL},
    {"max_epochs", "max_steps"},
    {"max_text_len", NULL},
    {"num_workers", "threads"},
    {"persistent_workers", NULL},
    {"pin_memory", NULL},
    {"prefetch_factor", NULL},
    {"print_freq", NULL},
    {"shuffle_buffer_size", NULL},
    {"use_amp", NULL},
    {"use_compile", NULL},
    {"use_flash", NULL},
    {"warn_on_dataset_errors", "bad_audio"},
};
const int32_t oss_config_foreign_keys =
    (int32_t)(sizeof oss_config_foreign_key / sizeof oss_config_foreign_key[0]);

static bool is_name(const char *known, const char *name, size_t length) {
    return known != NULL && strlen(known) == length && memcmp(known, name, length) == 0;
}

int32_t oss_config_find(const char *name, size_t length) {
    for (int32_t i = 0; i < oss_config_fields; i++) {
        if (is_name(oss_config_field[i].name, name, length) ||
            is_name(oss_config_field[i].alias, name, length)) {
            return i;
        }
    }
    return -1;
}

/* Levenshtein distance in characters, unlimited when it cannot be had. */
static int64_t measure_distance(const char *known, const char *name) {
    oss_edits edits = {0};
    if (known == NULL || oss_edits_characters(&edits, known, name) != OSS_OK) {
        return INT64_MAX;
    }
    return edits.substitutions + edits.deletions + edits.insertions;
}

oss_status oss_config_fail_unknown(const char *name, size_t length) {
    enum { SHOWN_CHARS = 60 };
    char shown[SHOWN_CHARS + 1] = {0};
    memcpy(shown, name, oss_utf8_valid_length(name, length < SHOWN_CHARS ? length : SHOWN_CHARS));
    const char *nearest = NULL;
    int64_t best = INT64_MAX;
    for (int32_t i = 0; i < oss_config_fields; i++) {
        int64_t own = measure_distance(oss_config_field[i].name, shown);
        int64_t other = measure_distance(oss_config_field[i].alias, shown);
        int64_t distance = own < other ? own : other;
        if (distance < best) {
            best = distance;
            nearest = oss_config_field[i].name;
        }
    }
    if (nearest == NULL) {
        return OSS_ENOMEM;
    }
    return oss_fail(OSS_EINPUT, "\"%s\": unknown key; the nearest known one is \"%s\"", shown, nearest);
}

const char *oss_config_section(const char *name) {
    int32_t index = oss_config_find(name, strlen(name));
    return index < 0 ? NULL : oss_config_field[index].section;
}

int32_t oss_config_key_count(void) {
    return oss_config_fields;
}

oss_config_key oss_config_key_get(int32_t index) {
    static const char *const type_name[] = {
        [CONFIG_INTEGER] = "integer",
        [CONFIG_LONG] = "integer",
        [CONFIG_SEED] = "integer",
        [CONFIG_NUMBER] = "number",
        [CONFIG_DERIVED] = "number, null",
        [CONFIG_BETAS] = "two numbers",
        [CONFIG_WORD] = "word",
        [CONFIG_PATH] = "path, null",
        [CONFIG_SOURCES] = "path, list, null",
        [CONFIG_NAMES] = "list",
    };
    const config_field *field = &oss_config_field[index];
    oss_config_key key = {.name = field->name,
                          .alias = field->alias,
                          .section = field->section,
                          .type = type_name[field->type],
                          .default_text = field->fallback,
                          .help = field->help,
                          .resume = field->resume};
    oss_config_describe_range(key.range, sizeof key.range, field);
    return key;
}

const char *oss_config_foreign_get(int32_t index, const char **instead) {
    if (index >= oss_config_foreign_keys) {
        return NULL;
    }
    *instead = oss_config_foreign_key[index].instead;
    return oss_config_foreign_key[index].name;
}
