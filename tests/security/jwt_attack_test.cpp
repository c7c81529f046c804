// What has been done to other verifiers.

#include <kingbolt/engine/random.hpp>
#include <kingbolt/security/jwt_verifier.hpp>

#include <string>
#include <string_view>

#include "tokens.hpp"

using namespace kingbolt;
using namespace kingbolt::test;

namespace {

JwtResult verify(JwtAlgorithm algorithm, std::string_view token) {
    JwtVerifier verifier{ClaimRules{}, KeySet{{key_for(algorithm)}}};
    return verifier.verify(token, noon);
}
std::string with_signature(std::string_view header, std::string_view signature) {
    return base64url(header) + "." + base64url(plain_claims) + "." + base64url(signature);
}

}  // namespace

TEST_CASE("a token signed with the public key as a secret is refused, whatever it says of its algorithm") {
    for (const std::string& known : {rsa_pair().public_pem(), rsa_pair().public_der()})
        for (const JwtAlgorithm said : all_algorithms) {
            const std::string text = base64url(header_for(said)) + "." + base64url(plain_claims);
            CHECK_FALSE(verify(JwtAlgorithm::rs256, text + "." + base64url(hmac(JwtAlgorithm::hs256, known, text))));
        }
}

TEST_CASE("every pairing of an algorithm that is said, one that signs and one that is configured is refused, unless all are the same") {
    for (const JwtAlgorithm configured : all_algorithms)
        for (const JwtAlgorithm said : all_algorithms)
            for (const JwtAlgorithm signs : all_algorithms)
                CHECK(bool{verify(configured, token(signs, header_for(said), plain_claims))} == (configured == said && said == signs));
}

TEST_CASE("a token without a signature is refused for every key") {
    for (const JwtAlgorithm algorithm : all_algorithms) {
        CHECK(verify(algorithm, with_signature(R"({"alg":"none"})", "")).error == JwtError::algorithm_refused);
        CHECK(verify(algorithm, with_signature(header_for(algorithm), "")).error == JwtError::bad_signature);
        CHECK(verify(algorithm, with_signature(header_for(algorithm), std::string(64, '\0'))).error == JwtError::bad_signature);
    }
}

TEST_CASE("a key that the token brings along is not looked at") {
    const Pair foreign{EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519")};
    std::string x(32, '\0');
    std::size_t size = x.size();
    REQUIRE(EVP_PKEY_get_raw_public_key(foreign.get(), reinterpret_cast<unsigned char*>(x.data()), &size) == 1);
    for (const std::string& more :
         {R"("jwk":{"kty":"OKP","crv":"Ed25519","x":")" + base64url(x) + "\"}", std::string{R"("jku":"https://evil.example/keys")"},
          std::string{R"("x5u":"https://evil.example/cert")"}, std::string{R"("x5c":["AAAA"])"}}) {
        const std::string header = R"({"alg":"EdDSA",)" + more + "}";
        const std::string text = base64url(header) + "." + base64url(plain_claims);
        CHECK(verify(JwtAlgorithm::eddsa, text + "." + base64url(signature(JwtAlgorithm::eddsa, foreign, text))).error ==
              JwtError::bad_signature);
        CHECK(verify(JwtAlgorithm::eddsa, token(JwtAlgorithm::eddsa, header, plain_claims)));
    }
}

TEST_CASE("parts of two good tokens do not make a third") {
    for (const JwtAlgorithm algorithm : all_algorithms) {
        const std::string anna = token(algorithm, header_for(algorithm), plain_claims);
        const std::string root = token(algorithm, header_for(algorithm), R"({"sub":"root","exp":1700000060})");
        const std::string mixed = root.substr(0, root.rfind('.')) + anna.substr(anna.rfind('.'));
        CHECK(verify(algorithm, mixed).error == JwtError::bad_signature);
    }
}

TEST_CASE("no random change of a good token is accepted, nor does its refusal show the token") {
    engine::Random random{20'250'101};
    for (const JwtAlgorithm algorithm : all_algorithms) {
        JwtVerifier verifier{ClaimRules{}, KeySet{{key_for(algorithm)}}};
        const std::string good = token(algorithm, header_for(algorithm), plain_claims);
        REQUIRE(verifier.verify(good, noon));
        for (int round = 0; round < 2'000; ++round) {
            std::string bad = good;
            for (std::uint64_t changes = 1 + random.below(3); changes > 0; --changes) {
                const std::size_t at = random.below(bad.size());
                switch (random.below(5)) {
                case 0: bad[at] = static_cast<char>(random.below(256)); break;
                case 1: bad.erase(at, 1 + random.below(4)); break;
                case 2: bad.insert(at, 1, static_cast<char>(random.below(256))); break;
                case 3: bad.insert(at, bad.substr(random.below(bad.size()), random.below(16))); break;
                default: std::swap(bad[at], bad[random.below(bad.size())]);
                }
                if (bad.empty()) bad = ".";
            }
            if (bad == good) continue;
            const JwtResult result = verifier.verify(bad, noon);
            CAPTURE(to_string(algorithm), bad);
            REQUIRE_FALSE(result);
            REQUIRE(result.detail.size() < 120);
        }
    }
}
