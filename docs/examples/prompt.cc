/* Speech in the prompt of a language model: projected embeddings, a row each 80 ms, stand between the rows of text tokens.
 *
 *     c++ -std=c++11 prompt.cc -o prompt $(pkg-config --cflags --libs ossicle)
 *     ./prompt model.safetensors hello.wav
 *
 * The model needs a projector as wide as the language model's embeddings (projected_width: "projector_dim" of its config).
 * Whose is what:
 *
 *     Ossicle     recording -> embeddings [S, projected_width], S = 12.5 a second at the usual settings
 *     the host    tokens, the matrix of token embeddings, the length of the context, and everything after the prompt
 *
 * LanguageModel is what this program asks of the host; put your own behind it. StandIn is none: its numbers mean nothing, and
 * it says what it was given instead of an answer. */
#include <ossicle/ossicle.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

/* ---- What the library gives, owned as C++ does ---- */

struct FreeRecognizer {
    void operator()(oss_recognizer *recognizer) const {
        oss_recognizer_free(recognizer);
    }
};
typedef std::unique_ptr<oss_recognizer, FreeRecognizer> Recognizer;

static void check(oss_status status) {
    if (status != OSS_OK) {
        throw std::runtime_error(oss_last_error());
    }
}

static Recognizer open_model(const char *path) {
    oss_recognizer *recognizer = nullptr;
    const oss_recognizer_options options = oss_recognizer_options_init();
    check(oss_recognizer_create(&recognizer, path, &options));
    return Recognizer(recognizer);
}

static oss_recognizer_info get_info(const Recognizer &recognizer) {
    oss_recognizer_info info = oss_recognizer_info_init();
    check(oss_recognizer_get_info(recognizer.get(), &info));
    return info;
}

/* Rows of floats, one after the other: the form in which both sides have embeddings. */
struct Rows {
    std::vector<float> value; /* [rows, width] */
    size_t rows = 0;
    size_t width = 0;
};

static Rows hear(const Recognizer &recognizer, const char *path) {
    oss_matrix matrix = oss_matrix();
    check(oss_recognizer_embed_file(recognizer.get(), path, OSS_OUTPUT_PROJECTED, &matrix));
    Rows out;
    out.rows = static_cast<size_t>(matrix.rows);
    out.width = static_cast<size_t>(matrix.columns);
    out.value.assign(matrix.value, matrix.value + out.rows * out.width);
    oss_matrix_deinit(&matrix);
    return out;
}

/* ---- What the host has ---- */

class LanguageModel {
  public:
    virtual ~LanguageModel() {
    }
    virtual size_t width() const = 0;   /* of an embedding */
    virtual size_t context() const = 0; /* rows of a prompt and its answer together */
    virtual std::vector<int32_t> tokenize(const std::string &text) const = 0;
    virtual void embed(int32_t token, float *row) const = 0; /* row[width()] of the embedding matrix */
    virtual std::string answer(const Rows &prompt) = 0;
};

class StandIn : public LanguageModel {
  public:
    explicit StandIn(size_t width) : width_(width) {
    }
    size_t width() const override {
        return width_;
    }
    size_t context() const override {
        return 512;
    }
    std::vector<int32_t> tokenize(const std::string &text) const override {
        std::vector<int32_t> tokens;
        for (size_t i = 0; i < text.size(); i++) {
            tokens.push_back(static_cast<unsigned char>(text[i]));
        }
        return tokens;
    }
    void embed(int32_t token, float *row) const override {
        for (size_t i = 0; i < width_; i++) {
            row[i] = static_cast<float>(std::sin(static_cast<double>(token) * static_cast<double>(i + 1)));
        }
    }
    std::string answer(const Rows &prompt) override {
        return "(a language model would go on here from " + std::to_string(prompt.rows) + " rows of " +
               std::to_string(prompt.width) + ")";
    }

  private:
    size_t width_;
};

/* ---- The prompt ---- */

static void append_text(Rows &prompt, const LanguageModel &model, const std::string &text) {
    const std::vector<int32_t> tokens = model.tokenize(text);
    prompt.value.resize((prompt.rows + tokens.size()) * prompt.width);
    for (size_t i = 0; i < tokens.size(); i++) {
        model.embed(tokens[i], &prompt.value[(prompt.rows + i) * prompt.width]);
    }
    prompt.rows += tokens.size();
}

/* Speech takes a quarter of the context at most: what is longer is cut, and the caller told. */
static void append_speech(Rows &prompt, const LanguageModel &model, const Rows &speech) {
    const size_t most = model.context() / 4;
    const size_t rows = std::min(speech.rows, most);
    if (rows < speech.rows) {
        std::fprintf(stderr, "the recording is cut to its first %zu of %zu embeddings\n", rows, speech.rows);
    }
    prompt.value.insert(prompt.value.end(), speech.value.begin(),
                        speech.value.begin() + static_cast<std::ptrdiff_t>(rows * speech.width));
    prompt.rows += rows;
}

static Rows make_prompt(const LanguageModel &model, const Rows &speech) {
    if (speech.width != model.width()) {
        throw std::runtime_error("the projector's width is not the language model's");
    }
    Rows prompt;
    prompt.width = model.width();
    append_text(prompt, model, "Somebody says: ");
    append_speech(prompt, model, speech);
    append_text(prompt, model, "\nAnswer: ");
    return prompt;
}

int main(int argc, char **argv) {
    if (argc != 3) {
        std::fprintf(stderr, "usage: %s MODEL RECORDING\n", argv[0]);
        return 2;
    }
    try {
        const Recognizer recognizer = open_model(argv[1]);
        const oss_recognizer_info info = get_info(recognizer);
        const Rows speech =
            hear(recognizer, argv[2]); /* fails, and says so, when the model has no projector */
        StandIn model(static_cast<size_t>(info.projected_width));
        const Rows prompt = make_prompt(model, speech);
        std::printf("%zu embeddings of speech, %.1f a second, %zu wide\n", speech.rows, info.embedding_hz,
                    speech.width);
        std::printf("%s\n", model.answer(prompt).c_str());
    } catch (const std::exception &failure) {
        std::fprintf(stderr, "%s\n", failure.what());
        return 1;
    }
    return 0;
}
