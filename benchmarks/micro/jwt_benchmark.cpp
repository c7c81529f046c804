// What it costs to verify a token, for each algorithm, and to refuse one. The token is what identity providers hand out: 10 claims, 350
// bytes.

#include <kingbolt/engine/base64.hpp>
#include <kingbolt/security/jwt.hpp>

#include <openssl/hmac.h>
#include <openssl/rsa.h>

#include <benchmark/benchmark.h>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <string>
#include <string_view>

namespace {

namespace kb = kingbolt;
using Algorithm = kb::JwtAlgorithm;

constexpr kb::WallTime now{std::chrono::seconds{1'700'000'000}};
const std::string secret(64, 's');
const kb::ClaimRules rules{.issuer = "https://id.example.org/realms/events", .audience = "events"};

const unsigned char* bytes(std::string_view text) { return reinterpret_cast<const unsigned char*>(text.data()); }

std::string base64url(std::string_view text) {
    std::string encoded = kb::engine::base64({bytes(text), text.size()});
    std::ranges::replace(encoded, '+', '-');
    std::ranges::replace(encoded, '/', '_');
    return encoded.substr(0, encoded.find('='));
}

struct Signer {
    kb::VerificationKey key;
    std::string token;
};

std::string unsigned_token(Algorithm algorithm) {
    return base64url(R"({"alg":")" + std::string{to_string(algorithm)} + R"(","typ":"JWT","kid":"2026-11"})") + "." +
           base64url(
               R"({"iss":"https://id.example.org/realms/events","sub":"6e6b1f0a-9f0d-4d5c-8d3f-0c6f7a6c2f11","aud":["events","account"],)"
               R"("exp":1700000300,"iat":1700000000,"nbf":1700000000,"jti":"0b7c6c4e-58f5-4f6e-9a55-2f4f6f0f7d20",)"
               R"("scope":"openid profile events:read","azp":"console","sid":"8d0e5b4a-1f7e"})");
}

Signer with_secret(Algorithm algorithm, const EVP_MD* digest) {
    const std::string text = unsigned_token(algorithm);
    unsigned char code[EVP_MAX_MD_SIZE];
    unsigned size = 0;
    HMAC(digest, secret.data(), static_cast<int>(secret.size()), bytes(text), text.size(), code, &size);
    return {kb::VerificationKey::from_secret(algorithm, secret, "2026-11"), text + "." + base64url({reinterpret_cast<char*>(code), size})};
}

Signer with_pair(Algorithm algorithm, EVP_PKEY* pair) {
    const std::string text = unsigned_token(algorithm);
    const kb::security::DigestContext context{EVP_MD_CTX_new()};
    EVP_PKEY_CTX* options = nullptr;
    EVP_DigestSignInit(context.get(), &options, algorithm == Algorithm::eddsa ? nullptr : EVP_sha256(), nullptr, pair);
    if (algorithm == Algorithm::ps256) {
        EVP_PKEY_CTX_set_rsa_padding(options, RSA_PKCS1_PSS_PADDING);
        EVP_PKEY_CTX_set_rsa_pss_saltlen(options, RSA_PSS_SALTLEN_DIGEST);
    }
    std::string signature(1024, '\0');
    std::size_t size = signature.size();
    EVP_DigestSign(context.get(), reinterpret_cast<unsigned char*>(signature.data()), &size, bytes(text), text.size());
    signature.resize(size);
    if (algorithm == Algorithm::es256) {
        const unsigned char* der = bytes(signature);
        const kb::security::EcdsaSignature numbers{d2i_ECDSA_SIG(nullptr, &der, static_cast<long>(size))};
        signature.assign(64, '\0');
        BN_bn2binpad(ECDSA_SIG_get0_r(numbers.get()), reinterpret_cast<unsigned char*>(signature.data()), 32);
        BN_bn2binpad(ECDSA_SIG_get0_s(numbers.get()), reinterpret_cast<unsigned char*>(signature.data()) + 32, 32);
    }
    return {kb::VerificationKey::from_public_key(algorithm, kb::security::PublicKey{pair}, "2026-11"), text + "." + base64url(signature)};
}

Signer signer(Algorithm algorithm) {
    switch (algorithm) {
    case Algorithm::hs256: return with_secret(algorithm, EVP_sha256());
    case Algorithm::hs384: return with_secret(algorithm, EVP_sha384());
    case Algorithm::hs512: return with_secret(algorithm, EVP_sha512());
    case Algorithm::rs256:
    case Algorithm::ps256: return with_pair(algorithm, EVP_PKEY_Q_keygen(nullptr, nullptr, "RSA", std::size_t{2048}));
    case Algorithm::es256: return with_pair(algorithm, EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", "P-256"));
    case Algorithm::eddsa: break;
    }
    return with_pair(Algorithm::eddsa, EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519"));
}

template <Algorithm algorithm>
void verify(benchmark::State& state) {
    const Signer made = signer(algorithm);
    kb::JwtVerifier verifier{rules, kb::KeySet{{made.key}}};
    for (auto _ : state) {
        auto result = verifier.verify(made.token, now);
        if (!result) state.SkipWithError(result.detail.c_str());
        benchmark::DoNotOptimize(result);
    }
}

/// Refused by its header, before anything is computed.
void refuse_none(benchmark::State& state) {
    kb::JwtVerifier verifier{rules, kb::KeySet{{signer(Algorithm::hs256).key}}};
    const std::string token = base64url(R"({"alg":"none"})") + "." + base64url(R"({"sub":"root"})") + ".";
    for (auto _ : state) benchmark::DoNotOptimize(verifier.verify(token, now));
}

/// The most work that a stranger can cause without a key: 8 KiB of header with as many members as there is room for.
void refuse_largest_header(benchmark::State& state) {
    kb::JwtVerifier verifier{rules, kb::KeySet{{signer(Algorithm::hs256).key}}};
    std::string header = R"({"alg":"HS256")";
    for (int i = 1'000; header.size() < 6'000; ++i) header += ",\"" + std::to_string(i) + "\":1";
    const std::string token = base64url(header + "}") + "." + base64url("{}") + "." + base64url("x");
    for (auto _ : state) benchmark::DoNotOptimize(verifier.verify(token, now));
}

void find_token(benchmark::State& state) {
    const kb::HttpRequest request{
        .method = "GET",
        .target = "/events",
        .headers = {{"Host", "here"}, {"Upgrade", "websocket"}, {"Connection", "Upgrade"}, {"Authorization", "Bearer a.b.c"}}};
    const kb::TokenSources sources;
    for (auto _ : state) benchmark::DoNotOptimize(sources.find(request));
}

}  // namespace

BENCHMARK(verify<Algorithm::hs256>)->Name("verify_HS256");
BENCHMARK(verify<Algorithm::hs384>)->Name("verify_HS384");
BENCHMARK(verify<Algorithm::hs512>)->Name("verify_HS512");
BENCHMARK(verify<Algorithm::rs256>)->Name("verify_RS256");
BENCHMARK(verify<Algorithm::ps256>)->Name("verify_PS256");
BENCHMARK(verify<Algorithm::es256>)->Name("verify_ES256");
BENCHMARK(verify<Algorithm::eddsa>)->Name("verify_EdDSA");
BENCHMARK(refuse_none);
BENCHMARK(refuse_largest_header);
BENCHMARK(find_token);
