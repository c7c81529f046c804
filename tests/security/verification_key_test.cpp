#include <kingbolt/security/verification_key.hpp>

#include <openssl/ui.h>

#include <memory>
#include <string>
#include <string_view>

#include "tokens.hpp"

using namespace kingbolt;
using namespace kingbolt::test;

namespace {

template <class Make>
void is_refused(Make&& make, std::string_view value, std::string_view range) {
    CAPTURE(value);
    try {
        make();
        FAIL("was accepted");
    } catch (const InvalidOption& refusal) {
        CHECK(refusal.value() == value);
        CHECK(refusal.range() == range);
        CHECK_FALSE(refusal.cure().empty());
    }
}

}  // namespace

TEST_CASE("each key verifies what its other half has signed, and nothing else") {
    for (const JwtAlgorithm algorithm : all_algorithms) {
        CAPTURE(to_string(algorithm));
        const VerificationKey key = key_for(algorithm, "7");
        CHECK(key.algorithm() == algorithm);
        CHECK(key.id() == "7");
        const std::string good =
            is_symmetric(algorithm) ? hmac(algorithm, secret, "text") : signature(algorithm, pair_for(algorithm), "text");
        CHECK(key.verify("text", good));
        CHECK_FALSE(key.verify("Text", good));
        CHECK_FALSE(key.verify("text", ""));
        CHECK_FALSE(key.verify("text", good + '\0'));
        CHECK_FALSE(key.verify("text", good.substr(1)));
        for (std::size_t at = 0; at < good.size(); ++at) {
            std::string bad = good;
            bad[at] = static_cast<char>(bad[at] ^ 1);
            CHECK_FALSE(key.verify("text", bad));
        }
        const VerificationKey copy = key;  // NOLINT(performance-unnecessary-copy-initialization)
        CHECK(copy.verify("text", good));
    }
}

TEST_CASE("RS256 and PS256 sign differently, with one and the same pair") {
    CHECK_FALSE(key_for(JwtAlgorithm::rs256).verify("text", signature(JwtAlgorithm::ps256, rsa_pair(), "text")));
    CHECK_FALSE(key_for(JwtAlgorithm::ps256).verify("text", signature(JwtAlgorithm::rs256, rsa_pair(), "text")));
}

TEST_CASE("an ES256 signature is 64 bytes: neither DER nor zeros nor one that is cut") {
    const VerificationKey key = key_for(JwtAlgorithm::es256);
    CHECK_FALSE(key.verify("text", std::string(64, '\0')));
    CHECK_FALSE(key.verify("text", std::string(63, '\0')));
    CHECK_FALSE(key.verify("text", std::string(64, '\xFF')));
    const security::DigestContext context{EVP_MD_CTX_new()};
    EVP_DigestSignInit(context.get(), nullptr, EVP_sha256(), nullptr, p256_pair().get());
    std::string der(80, '\0');
    std::size_t size = der.size();
    REQUIRE(EVP_DigestSign(context.get(), reinterpret_cast<unsigned char*>(der.data()), &size, bytes("text"), 4) == 1);
    CHECK_FALSE(key.verify("text", der.substr(0, size)));
}

TEST_CASE("a secret has as many bytes as the digest, or more") {
    const std::string_view of_64{secret.data(), 64};
    for (const auto& [algorithm, size] : {std::pair{JwtAlgorithm::hs256, 32}, {JwtAlgorithm::hs384, 48}, {JwtAlgorithm::hs512, 64}}) {
        const auto enough = static_cast<std::size_t>(size);
        CHECK_NOTHROW(VerificationKey::from_secret(algorithm, of_64.substr(0, enough)));
        is_refused([&] { VerificationKey::from_secret(algorithm, of_64.substr(0, enough - 1)); }, std::to_string(size - 1) + " bytes",
                   std::to_string(size) + " bytes or more for " + std::string{to_string(algorithm)});
        is_refused([&] { VerificationKey::from_secret(algorithm, ""); }, "0 bytes",
                   std::to_string(size) + " bytes or more for " + std::string{to_string(algorithm)});
    }
}

TEST_CASE("the refusal of a secret does not show it") {
    try {
        VerificationKey::from_secret(JwtAlgorithm::hs256, "hunter2");
        FAIL("was accepted");
    } catch (const InvalidOption& refusal) {
        CHECK(std::string_view{refusal.what()}.find("hunter2") == std::string_view::npos);
    }
}

TEST_CASE("a public key is no secret, in whatever form") {
    for (const Pair* pair : {&rsa_pair(), &p256_pair(), &ed25519_pair()})
        for (const std::string& known : {pair->public_pem(), "\n  " + pair->public_pem(), pair->public_der()})
            is_refused([&] { VerificationKey::from_secret(JwtAlgorithm::hs256, known); }, "a public key", "a secret");
}

TEST_CASE("a key is of the type that its algorithm wants") {
    const auto pem = [](JwtAlgorithm algorithm, const Pair& pair) {
        return [=, text = pair.public_pem()] { VerificationKey::from_pem(algorithm, text); };
    };
    is_refused(pem(JwtAlgorithm::rs256, p256_pair()), "EC over prime256v1", "RSA for RS256");
    is_refused(pem(JwtAlgorithm::ps256, ed25519_pair()), "ED25519", "RSA for PS256");
    is_refused(pem(JwtAlgorithm::es256, rsa_pair()), "RSA", "EC over prime256v1 for ES256");
    is_refused(pem(JwtAlgorithm::es256, ed25519_pair()), "ED25519", "EC over prime256v1 for ES256");
    is_refused(pem(JwtAlgorithm::eddsa, rsa_pair()), "RSA", "ED25519 for EdDSA");
    is_refused(pem(JwtAlgorithm::hs256, rsa_pair()), "RSA", "a secret (VerificationKey::from_secret) for HS256");
    is_refused([] { VerificationKey::from_secret(JwtAlgorithm::rs256, secret); }, "RS256", "HS256, HS384 or HS512 with a secret");
    const Pair p384{EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", "P-384")}, ed448{EVP_PKEY_Q_keygen(nullptr, nullptr, "ED448")};
    is_refused(pem(JwtAlgorithm::es256, p384), "EC over secp384r1", "EC over prime256v1 for ES256");
    is_refused(pem(JwtAlgorithm::eddsa, ed448), "ED448", "ED25519 for EdDSA");
}

TEST_CASE("RSA of fewer than 2048 bits is refused") {
    const Pair weak{EVP_PKEY_Q_keygen(nullptr, nullptr, "RSA", std::size_t{1024})};
    is_refused([&] { VerificationKey::from_pem(JwtAlgorithm::rs256, weak.public_pem()); }, "RSA of 1024 bits", "2048 bits or more");
    is_refused([&] { VerificationKey::from_pem(JwtAlgorithm::ps256, weak.public_pem()); }, "RSA of 1024 bits", "2048 bits or more");
}

TEST_CASE("what is no public key in PEM is refused, a private one too") {
    const std::string_view wanted = "a public key in PEM, not a private one nor a certificate";
    for (const std::string& text :
         {std::string{}, std::string{"-----BEGIN PUBLIC KEY-----"}, std::string(100'000, '-'), rsa_pair().private_pem()})
        is_refused([&] { VerificationKey::from_pem(JwtAlgorithm::rs256, text); }, std::to_string(text.size()) + " bytes", wanted);
}

TEST_CASE("what is encrypted is refused, and nobody is asked for its passphrase") {
    static bool asked = false;
    const std::unique_ptr<UI_METHOD, decltype(&UI_destroy_method)> questions{UI_create_method("asks nobody"), UI_destroy_method};
    UI_method_set_opener(questions.get(), [](UI*) {
        asked = true;
        return 0;
    });
    UI_set_default_method(questions.get());
    const std::string text = rsa_pair().encrypted_pem();
    is_refused([&] { VerificationKey::from_pem(JwtAlgorithm::rs256, text); }, std::to_string(text.size()) + " bytes",
               "a public key in PEM, not a private one nor a certificate");
    UI_set_default_method(UI_OpenSSL());
    CHECK_FALSE(asked);
}

TEST_CASE("what fails leaves no error behind for TLS on the same thread") {
    ERR_clear_error();
    const VerificationKey key = key_for(JwtAlgorithm::rs256);
    CHECK_FALSE(key.verify("text", std::string(256, 'x')));
    CHECK_THROWS_AS(VerificationKey::from_pem(JwtAlgorithm::rs256, "nonsense"), InvalidOption);
    CHECK(ERR_peek_error() == 0);
}
