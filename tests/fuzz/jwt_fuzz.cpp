// Tokens, and what is inside of them, from strangers. The first byte says what the rest is; the contents are signed here, so that the
// search reaches what lies behind the signature.

#include <kingbolt/security/jwt.hpp>

#include <openssl/hmac.h>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <stdexcept>
#include <string>
#include <string_view>

namespace {

namespace kb = kingbolt;

const std::string secret(64, 's');
constexpr kb::WallTime now{std::chrono::seconds{1'700'000'000}};
constexpr std::chrono::seconds leeway{30};

kb::JwtAuthenticator<kb::KeySet>& authenticator() {
    static kb::JwtAuthenticator made{kb::JwtOptions{.leeway = leeway, .clock = [] { return now; }},
                                     kb::KeySet{{kb::VerificationKey::from_secret(kb::JwtAlgorithm::hs256, secret)}}};
    return made;
}

std::string encoded(std::string_view text) {
    constexpr std::string_view alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    std::string out;
    for (std::size_t at = 0; at < text.size(); at += 3) {
        std::uint32_t bits = 0;
        for (std::size_t i = at; i < at + 3; ++i) bits = (bits << 8U) | (i < text.size() ? static_cast<unsigned char>(text[i]) : 0U);
        for (std::size_t i = 0; i <= std::min<std::size_t>(3, text.size() - at); ++i) out += alphabet[(bits >> (18 - 6 * i)) & 0x3FU];
    }
    return out;
}

void must(bool holds) {
    if (!holds) std::abort();
}

/// Header and payload, with a line end between them.
void judge_contents(std::string_view text) {
    const std::size_t line = text.find('\n');
    if (line == std::string_view::npos) return;
    std::string token = encoded(text.substr(0, line)) + "." + encoded(text.substr(line + 1));
    unsigned char code[32];
    HMAC(EVP_sha256(), secret.data(), static_cast<int>(secret.size()), reinterpret_cast<const unsigned char*>(token.data()), token.size(),
         code, nullptr);
    token += "." + encoded({reinterpret_cast<const char*>(code), sizeof code});
    const kb::Authentication answer = authenticator().refresh(token);
    // Within the leeway a token is good for less than no time.
    must(!answer || (answer.identity->claims == text.substr(line + 1) && *answer.expires_in > -leeway));
    must(answer || !answer.detail.empty());
}

/// A target and headers, each on its line.
void find_and_redact(std::string_view text) {
    kb::UpgradeRequest request;
    request.target = text.substr(0, text.find('\n'));
    for (const char* const name : {"Authorization", "Sec-WebSocket-Protocol", "Cookie"}) {
        text.remove_prefix(std::min(text.find('\n'), text.size() - 1) + 1);
        if (text.empty()) break;
        request.headers.emplace_back(name, text.substr(0, text.find('\n')));
    }
    const kb::TokenSources sources{.cookie = "session", .query = true};
    (void)authenticator().authenticate(request);
    (void)authenticator().account(request);
    sources.redact(request);
    const auto left = sources.find(request);
    must(!left.token || left.token->empty() || *left.token == "redacted");
    kb::UpgradeRequest again = request;
    sources.redact(again);
    must(again.target == request.target && again.headers == request.headers);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) return 0;
    const std::string_view text{reinterpret_cast<const char*>(data) + 1, size - 1};
    switch (data[0]) {
    case 't': (void)authenticator().refresh(text); break;
    case 'c': judge_contents(text); break;
    case 'r': find_and_redact(text); break;
    case 'k': try { (void)kb::security::jwk_set(text, kb::JwtAlgorithm::es256);
        } catch (const std::invalid_argument&) {
        }
        break;
    case 'b':
        if (const auto bytes = kb::engine::base64url_decoded(text)) must(encoded(*bytes) == text);
        break;
    default: break;
    }
    return 0;
}
