#pragma once
// JSON Web Keys and sets of them (RFC 7517, RFC 7518 §6, RFC 8037 §2).

#include <kingbolt/engine/base64url.hpp>
#include <kingbolt/engine/text.hpp>
#include <kingbolt/security/evp.hpp>
#include <kingbolt/security/json_object.hpp>
#include <kingbolt/security/verification_key.hpp>

#include <openssl/core_names.h>

#include <algorithm>
#include <cstddef>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace kingbolt::security {

/// One element of `keys`. Everything throws std::invalid_argument where the key is one of ours and wrong.
class Jwk {
public:
    explicit Jwk(const JsonValue& key) : key_{key} {}

    std::string id() const { return std::string{text("kid").value_or("")}; }

    /// Made for something else than verifying what we verify: passed over, as RFC 7517 §5 wants it.
    bool is_foreign() const {
        const auto type = text("kty");
        if (!type) throw std::invalid_argument{"`kty` is missing"};
        if (*type != "oct" && *type != "RSA" && *type != "EC" && *type != "OKP") return true;
        const auto named = text("alg");
        return text("use").value_or("sig") != "sig" || !may_verify() || (named && !jwt_algorithm(*named));
    }

    /// `fallback`: the algorithm of a key that names none.
    VerificationKey verification_key(std::optional<JwtAlgorithm> fallback) const {
        const auto named = text("alg");
        const std::optional<JwtAlgorithm> algorithm = named ? jwt_algorithm(*named) : fallback;
        if (!algorithm) throw std::invalid_argument{"`alg` is missing, and JwksOptions.algorithm says nothing"};
        const std::string_view type = *text("kty");
        if (type == "oct") return VerificationKey::from_secret(*algorithm, bytes("k"), id());
        if (member(key_, "d") != nullptr) throw std::invalid_argument{"it is a private key: to verify, the public half is enough"};
        return VerificationKey::from_public_key(*algorithm, type == "RSA" ? rsa() : type == "EC" ? p256() : ed25519(), id());
    }

private:
    /// None when there is no such member.
    std::optional<std::string_view> text(std::string_view name) const {
        const JsonValue* const value = member(key_, name);
        if (value == nullptr) return std::nullopt;
        const auto text = string_of(*value);
        if (!text) throw std::invalid_argument{"`" + std::string{name} + "` is not a string"};
        return text;
    }
    std::string bytes(std::string_view name) const {
        const auto decoded = engine::base64url_decoded(text(name).value_or(""));
        if (!decoded || decoded->empty()) throw std::invalid_argument{"`" + std::string{name} + "` is missing or is not base64url"};
        return *decoded;
    }
    /// A coordinate has its full length (RFC 7518 §6.2.1.2, RFC 8037 §2).
    std::string coordinate(std::string_view name) const {
        std::string decoded = bytes(name);
        if (decoded.size() != 32)
            throw std::invalid_argument{"`" + std::string{name} + "` has " + std::to_string(decoded.size()) + " bytes, not 32"};
        return decoded;
    }
    void check_curve(std::string_view wanted) const {
        if (text("crv") != wanted) throw std::invalid_argument{"`crv` is not " + std::string{wanted}};
    }
    bool may_verify() const {
        const JsonValue* const operations = member(key_, "key_ops");
        if (operations == nullptr) return true;
        if (!operations->IsArray()) throw std::invalid_argument{"`key_ops` is not an array"};
        return std::any_of(operations->Begin(), operations->End(),
                           [](const JsonValue& operation) { return string_of(operation) == "verify"; });
    }

    PublicKey rsa() const {
        const std::string modulus = bytes("n"), exponent = bytes("e");
        const Bignum n = number(modulus), e = number(exponent);
        const ParamBuilder builder{allocated(OSSL_PARAM_BLD_new())};
        OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_N, n.get());
        OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_E, e.get());
        return made("RSA", *builder);
    }
    PublicKey p256() const {
        check_curve("P-256");
        const std::string x = coordinate("x"), y = coordinate("y");
        const std::string point = "\x04" + x + y;  // SEC 1 §2.3.3, uncompressed
        const ParamBuilder builder{allocated(OSSL_PARAM_BLD_new())};
        OSSL_PARAM_BLD_push_utf8_string(builder.get(), OSSL_PKEY_PARAM_GROUP_NAME, "prime256v1", 0);
        OSSL_PARAM_BLD_push_octet_string(builder.get(), OSSL_PKEY_PARAM_PUB_KEY, point.data(), point.size());
        return made("EC", *builder);
    }
    PublicKey ed25519() const {
        check_curve("Ed25519");
        const std::string point = coordinate("x");
        return PublicKey{allocated(
            EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nullptr, reinterpret_cast<const unsigned char*>(point.data()), point.size()))};
    }

    static Bignum number(const std::string& bytes) {
        constexpr std::size_t longest = 16'384 / 8;  // OpenSSL's own bound of an RSA modulus
        if (bytes.size() > longest) throw std::invalid_argument{"a number is longer than 16384 bits"};
        return Bignum{allocated(BN_bin2bn(reinterpret_cast<const unsigned char*>(bytes.data()), static_cast<int>(bytes.size()), nullptr))};
    }
    static PublicKey made(const char* type, OSSL_PARAM_BLD& builder) {
        const Params params{allocated(OSSL_PARAM_BLD_to_param(&builder))};
        const PublicKeyContext context{allocated(EVP_PKEY_CTX_new_from_name(nullptr, type, nullptr))};
        EVP_PKEY* key = nullptr;
        if (EVP_PKEY_fromdata_init(context.get()) != 1 || EVP_PKEY_fromdata(context.get(), &key, EVP_PKEY_PUBLIC_KEY, params.get()) != 1)
            throw std::invalid_argument{"its numbers make no public key"};
        return PublicKey{key};
    }

    const JsonValue& key_;
};

/// The keys of a JWK Set that are for us. Throws std::invalid_argument, which says which key is wrong, and shows no part of a key.
inline std::vector<VerificationKey> jwk_set(std::string_view text, std::optional<JwtAlgorithm> fallback) {
    const ErrorQueueKept kept;
    const JsonObject set{text};
    if (!set.trouble().empty()) throw std::invalid_argument{"the JWK Set " + std::string{set.trouble()}};
    const JsonValue* const elements = set.find("keys");
    if (elements == nullptr || !elements->IsArray()) throw std::invalid_argument{"the JWK Set has no array `keys`"};
    std::vector<VerificationKey> keys;
    for (rapidjson::SizeType i = 0; i < elements->Size(); ++i) {
        std::string name = "key " + std::to_string(i + 1);
        try {
            if (!(*elements)[i].IsObject()) throw std::invalid_argument{"it is not an object"};
            const Jwk jwk{(*elements)[i]};
            if (const std::string id = jwk.id(); !id.empty()) name += " " + engine::in_quotes(id, 64);
            if (!jwk.is_foreign()) keys.push_back(jwk.verification_key(fallback));
        } catch (const std::invalid_argument& failure) {
            throw std::invalid_argument{name + ": " + failure.what()};
        }
    }
    return keys;
}

}  // namespace kingbolt::security
