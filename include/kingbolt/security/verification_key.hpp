#pragma once
// A key that verifies signatures, of exactly one algorithm.

#include <kingbolt/core/error.hpp>
#include <kingbolt/security/evp.hpp>
#include <kingbolt/security/jwt_algorithm.hpp>

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

namespace kingbolt {

/// Immutable and cheap to copy; any number of threads may verify with one.
class VerificationKey {
public:
    /// For HS256, HS384 and HS512: random bytes, no fewer than the digest has, 32, 48 and 64 (RFC 7518 §3.2), and no public key, which
    /// everybody knows. `id` is what a token calls it by, `kid`. Throws InvalidOption, which does not show the secret; std::bad_alloc.
    static VerificationKey from_secret(JwtAlgorithm algorithm, std::string_view secret, std::string id = {}) {
        if (!is_symmetric(algorithm))
            throw InvalidOption{"VerificationKey.algorithm", std::string{to_string(algorithm)}, "HS256, HS384 or HS512 with a secret",
                                "the other algorithms take a public key: VerificationKey::from_pem"};
        const security::ErrorQueueKept kept;
        if (is_public_key(secret))
            throw InvalidOption{"VerificationKey.secret", "a public key", "a secret",
                                "whoever has the public key could sign with it: give RS256, PS256, ES256 or EdDSA, as which it was made"};
        const std::size_t smallest = digest_size(algorithm);
        if (secret.size() < smallest)
            throw InvalidOption{"VerificationKey.secret", std::to_string(secret.size()) + " bytes",
                                std::to_string(smallest) + " bytes or more for " + std::string{to_string(algorithm)},
                                "make a new one: openssl rand -hex " + std::to_string(smallest)};
        VerificationKey key{algorithm, std::move(id)};
        const security::Mac mac{security::allocated(EVP_MAC_fetch(nullptr, OSSL_MAC_NAME_HMAC, nullptr))};
        key.mac_.reset(security::allocated(EVP_MAC_CTX_new(mac.get())), EVP_MAC_CTX_free);
        std::string digest = "SHA" + std::string{to_string(algorithm).substr(2)};
        const OSSL_PARAM parameters[] = {OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest.data(), 0),
                                         OSSL_PARAM_construct_end()};
        if (EVP_MAC_init(key.mac_.get(), bytes(secret), secret.size(), parameters) != 1) throw std::bad_alloc{};
        return key;
    }

    /// For RS256, PS256, ES256 and EdDSA: a SubjectPublicKeyInfo between `-----BEGIN PUBLIC KEY-----` and its end.
    /// Throws InvalidOption, std::bad_alloc.
    static VerificationKey from_pem(JwtAlgorithm algorithm, std::string_view pem, std::string id = {}) {
        const security::ErrorQueueKept kept;
        const security::Bio bio{security::allocated(BIO_new_mem_buf(pem.data(), static_cast<int>(std::min(pem.size(), max_pem_size))))};
        // Instead of asking the terminal, where the text is encrypted.
        const auto no_passphrase = [](char*, int, int, void*) { return -1; };
        EVP_PKEY* const key = pem.size() > max_pem_size ? nullptr : PEM_read_bio_PUBKEY(bio.get(), nullptr, no_passphrase, nullptr);
        if (key == nullptr)
            throw InvalidOption{"VerificationKey.pem", std::to_string(pem.size()) + " bytes",
                                "a public key in PEM, not a private one nor a certificate",
                                "openssl pkey -in private.pem -pubout, or openssl x509 -in certificate.pem -noout -pubkey"};
        return from_public_key(algorithm, security::PublicKey{key}, std::move(id));
    }

    /// For RS256 and PS256 RSA of at least 2048 bits (RFC 7518 §3.3), for ES256 a point of P-256, for EdDSA of Ed25519.
    /// Throws InvalidOption, std::bad_alloc.
    static VerificationKey from_public_key(JwtAlgorithm algorithm, security::PublicKey public_key, std::string id = {}) {
        const security::ErrorQueueKept kept;
        if (const std::string wanted = wanted_type(algorithm), type = type_of(*public_key); type != wanted)
            throw InvalidOption{"VerificationKey.public_key", type, wanted + " for " + std::string{to_string(algorithm)},
                                "give the algorithm for which the key was made"};
        if (const int bits = EVP_PKEY_get_bits(public_key.get()); takes_rsa(algorithm) && bits < 2048)
            throw InvalidOption{"VerificationKey.public_key", "RSA of " + std::to_string(bits) + " bits", "2048 bits or more",
                                "make a new pair: openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:3072"};
        const security::PublicKeyContext context{security::allocated(EVP_PKEY_CTX_new(public_key.get(), nullptr))};
        if (EVP_PKEY_public_check_quick(context.get()) != 1)
            throw InvalidOption{"VerificationKey.public_key", "inconsistent", "a valid " + wanted_type(algorithm) + " key",
                                "export it again from its pair"};
        VerificationKey key{algorithm, std::move(id)};
        key.public_key_ = std::move(public_key);
        return key;
    }

    /// The one that it is for.
    JwtAlgorithm algorithm() const noexcept { return algorithm_; }
    /// Empty: it has none.
    const std::string& id() const noexcept { return id_; }

    /// Has whoever holds the other half signed `text`? Throws std::bad_alloc.
    bool verify(std::string_view text, std::string_view signature) const {
        const security::ErrorQueueKept kept;
        if (mac_) return verify_mac(text, signature);
        return algorithm_ == JwtAlgorithm::es256 ? verify_p256(text, signature) : verify_signature(text, signature);
    }

private:
    static constexpr std::size_t max_pem_size = 64 * 1024;

    VerificationKey(JwtAlgorithm algorithm, std::string id) : algorithm_{algorithm}, id_{std::move(id)} {}

    static const unsigned char* bytes(std::string_view text) noexcept { return reinterpret_cast<const unsigned char*>(text.data()); }

    static constexpr bool takes_rsa(JwtAlgorithm algorithm) noexcept {
        return algorithm == JwtAlgorithm::rs256 || algorithm == JwtAlgorithm::ps256;
    }
    static constexpr std::size_t digest_size(JwtAlgorithm algorithm) noexcept {
        return algorithm == JwtAlgorithm::hs384 ? 48 : algorithm == JwtAlgorithm::hs512 ? 64 : 32;
    }
    static std::string wanted_type(JwtAlgorithm algorithm) {
        if (is_symmetric(algorithm)) return "a secret (VerificationKey::from_secret)";
        return takes_rsa(algorithm) ? "RSA" : algorithm == JwtAlgorithm::es256 ? "EC over prime256v1" : "ED25519";
    }
    static std::string type_of(const EVP_PKEY& key) {
        const char* const name = EVP_PKEY_get0_type_name(&key);
        std::string type = name == nullptr ? "unknown" : name;
        if (type != "EC") return type;
        std::array<char, 64> group{};
        EVP_PKEY_get_group_name(&key, group.data(), group.size(), nullptr);
        return type.append(" over ").append(group.data());
    }
    static bool is_public_key(std::string_view secret) noexcept {
        if (secret.find("-----BEGIN") != std::string_view::npos) return true;
        const unsigned char* der = bytes(secret);
        return security::PublicKey{d2i_PUBKEY(nullptr, &der, static_cast<long>(secret.size()))} != nullptr;
    }

    bool verify_mac(std::string_view text, std::string_view signature) const {
        const security::MacContext context{security::allocated(EVP_MAC_CTX_dup(mac_.get()))};
        std::array<unsigned char, 64> code;
        std::size_t size = 0;
        return EVP_MAC_update(context.get(), bytes(text), text.size()) == 1 &&
               EVP_MAC_final(context.get(), code.data(), &size, code.size()) == 1 && size == signature.size() &&
               CRYPTO_memcmp(code.data(), signature.data(), size) == 0;
    }

    /// The two halves stand side by side (RFC 7518 §3.4); OpenSSL wants them in DER.
    bool verify_p256(std::string_view text, std::string_view signature) const {
        constexpr int half = 32;
        if (signature.size() != 2 * half) return false;
        const security::EcdsaSignature pair{security::allocated(ECDSA_SIG_new())};
        BIGNUM* const r = security::allocated(BN_bin2bn(bytes(signature), half, nullptr));
        BIGNUM* const s = security::allocated(BN_bin2bn(bytes(signature) + half, half, nullptr));
        ECDSA_SIG_set0(pair.get(), r, s);
        std::array<unsigned char, 80> der;  // two integers of at most 33 bytes, and 6 bytes around them
        unsigned char* end = der.data();
        const int size = i2d_ECDSA_SIG(pair.get(), &end);
        return size > 0 && verify_signature(text, {reinterpret_cast<const char*>(der.data()), static_cast<std::size_t>(size)});
    }

    bool verify_signature(std::string_view text, std::string_view signature) const {
        const security::DigestContext context{security::allocated(EVP_MD_CTX_new())};
        EVP_PKEY_CTX* options = nullptr;  // belongs to the context
        // Ed25519 digests by itself.
        const EVP_MD* const digest = algorithm_ == JwtAlgorithm::eddsa ? nullptr : EVP_sha256();
        if (EVP_DigestVerifyInit(context.get(), &options, digest, nullptr, public_key_.get()) != 1) return false;
        if (algorithm_ == JwtAlgorithm::ps256 &&  // RFC 7518 §3.5: a salt as long as the digest
            (EVP_PKEY_CTX_set_rsa_padding(options, RSA_PKCS1_PSS_PADDING) != 1 ||
             EVP_PKEY_CTX_set_rsa_pss_saltlen(options, RSA_PSS_SALTLEN_DIGEST) != 1))
            return false;
        return EVP_DigestVerify(context.get(), bytes(signature), signature.size(), bytes(text), text.size()) == 1;
    }

    JwtAlgorithm algorithm_;
    std::string id_;
    std::shared_ptr<EVP_MAC_CTX> mac_;      // keyed, and copied for each use
    std::shared_ptr<EVP_PKEY> public_key_;  // where there is no mac_
};

}  // namespace kingbolt
