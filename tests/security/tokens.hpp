#pragma once
// Makes tokens, right ones and wrong ones, with keys of its own.

#include <kingbolt/engine/base64.hpp>
#include <kingbolt/security/jwt_verifier.hpp>

#include <openssl/hmac.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>

#include <algorithm>
#include <chrono>
#include <string>
#include <string_view>
#include <vector>

#include "support/catch.hpp"

namespace kingbolt::test {

inline constexpr WallTime noon{std::chrono::seconds{1'700'000'000}};
inline const std::string secret = "correct horse battery staple, 32 bytes and some more: sixty-four!";

inline const unsigned char* bytes(std::string_view text) { return reinterpret_cast<const unsigned char*>(text.data()); }

inline std::string base64url(std::string_view text) {
    std::string encoded = engine::base64({bytes(text), text.size()});
    std::ranges::replace(encoded, '+', '-');
    std::ranges::replace(encoded, '/', '_');
    return encoded.substr(0, encoded.find('='));
}

/// A pair of keys, made once a run.
class Pair {
public:
    explicit Pair(EVP_PKEY* key) : key_{key} { REQUIRE(key != nullptr); }
    EVP_PKEY* get() const { return key_.get(); }
    std::string public_pem() const {
        const security::Bio bio{BIO_new(BIO_s_mem())};
        REQUIRE(PEM_write_bio_PUBKEY(bio.get(), get()) == 1);
        return text_of(*bio);
    }
    std::string private_pem() const {
        const security::Bio bio{BIO_new(BIO_s_mem())};
        REQUIRE(PEM_write_bio_PrivateKey(bio.get(), get(), nullptr, nullptr, 0, nullptr, nullptr) == 1);
        return text_of(*bio);
    }
    /// With a passphrase.
    std::string encrypted_pem() const {
        const security::Bio bio{BIO_new(BIO_s_mem())};
        REQUIRE(PEM_write_bio_PKCS8PrivateKey(bio.get(), get(), EVP_aes_256_cbc(), "open", 4, nullptr, nullptr) == 1);
        return text_of(*bio);
    }
    std::string public_der() const {
        unsigned char* der = nullptr;
        const int size = i2d_PUBKEY(get(), &der);
        REQUIRE(size > 0);
        const std::string text{reinterpret_cast<char*>(der), static_cast<std::size_t>(size)};
        OPENSSL_free(der);
        return text;
    }

private:
    static std::string text_of(BIO& bio) {
        char* text = nullptr;
        const long size = BIO_get_mem_data(&bio, &text);
        return {text, static_cast<std::size_t>(size)};
    }
    security::PublicKey key_;
};

inline const Pair& rsa_pair() {
    static const Pair pair{EVP_PKEY_Q_keygen(nullptr, nullptr, "RSA", std::size_t{2048})};
    return pair;
}
inline const Pair& p256_pair() {
    static const Pair pair{EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", "P-256")};
    return pair;
}
inline const Pair& ed25519_pair() {
    static const Pair pair{EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519")};
    return pair;
}
inline const Pair& pair_for(JwtAlgorithm algorithm) {
    if (algorithm == JwtAlgorithm::es256) return p256_pair();
    return algorithm == JwtAlgorithm::eddsa ? ed25519_pair() : rsa_pair();
}

inline const std::vector<JwtAlgorithm> all_algorithms{JwtAlgorithm::hs256, JwtAlgorithm::hs384, JwtAlgorithm::hs512, JwtAlgorithm::rs256,
                                                      JwtAlgorithm::ps256, JwtAlgorithm::es256, JwtAlgorithm::eddsa};

/// What verifies `sign(algorithm, …)`.
inline VerificationKey key_for(JwtAlgorithm algorithm, std::string id = {}) {
    return is_symmetric(algorithm) ? VerificationKey::from_secret(algorithm, secret, std::move(id))
                                   : VerificationKey::from_pem(algorithm, pair_for(algorithm).public_pem(), std::move(id));
}

inline std::string hmac(JwtAlgorithm algorithm, std::string_view key, std::string_view text) {
    const EVP_MD* const digest = algorithm == JwtAlgorithm::hs256   ? EVP_sha256()
                                 : algorithm == JwtAlgorithm::hs384 ? EVP_sha384()
                                                                    : EVP_sha512();
    std::string code(EVP_MAX_MD_SIZE, '\0');
    unsigned size = 0;
    HMAC(digest, key.data(), static_cast<int>(key.size()), bytes(text), text.size(), reinterpret_cast<unsigned char*>(code.data()), &size);
    return code.substr(0, size);
}

inline std::string signature(JwtAlgorithm algorithm, const Pair& pair, std::string_view text) {
    const security::DigestContext context{EVP_MD_CTX_new()};
    EVP_PKEY_CTX* options = nullptr;
    REQUIRE(EVP_DigestSignInit(context.get(), &options, algorithm == JwtAlgorithm::eddsa ? nullptr : EVP_sha256(), nullptr, pair.get()) ==
            1);
    if (algorithm == JwtAlgorithm::ps256) {
        EVP_PKEY_CTX_set_rsa_padding(options, RSA_PKCS1_PSS_PADDING);
        EVP_PKEY_CTX_set_rsa_pss_saltlen(options, RSA_PSS_SALTLEN_DIGEST);
    }
    std::string made(1024, '\0');
    std::size_t size = made.size();
    REQUIRE(EVP_DigestSign(context.get(), reinterpret_cast<unsigned char*>(made.data()), &size, bytes(text), text.size()) == 1);
    made.resize(size);
    if (algorithm != JwtAlgorithm::es256) return made;
    const unsigned char* der = bytes(made);
    const security::EcdsaSignature pair_of_numbers{d2i_ECDSA_SIG(nullptr, &der, static_cast<long>(made.size()))};
    std::string raw(64, '\0');
    BN_bn2binpad(ECDSA_SIG_get0_r(pair_of_numbers.get()), reinterpret_cast<unsigned char*>(raw.data()), 32);
    BN_bn2binpad(ECDSA_SIG_get0_s(pair_of_numbers.get()), reinterpret_cast<unsigned char*>(raw.data()) + 32, 32);
    return raw;
}

/// Signed as `algorithm` signs, whatever the header says.
inline std::string token(JwtAlgorithm algorithm, std::string_view header, std::string_view payload) {
    const std::string text = base64url(header) + "." + base64url(payload);
    return text + "." +
           base64url(is_symmetric(algorithm) ? hmac(algorithm, secret, text) : signature(algorithm, pair_for(algorithm), text));
}

inline std::string header_for(JwtAlgorithm algorithm) { return R"({"alg":")" + std::string{to_string(algorithm)} + R"("})"; }

/// Good until 60 s after noon.
inline const std::string plain_claims = R"({"sub":"anna","exp":1700000060})";

}  // namespace kingbolt::test
