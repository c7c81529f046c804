#pragma once
// How tokens are signed (RFC 7518 §3.1, RFC 8037 §3.1).

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace kingbolt {

/// What a key is for. A token's `alg` is compared with it and decides nothing: a token that could choose would choose `none`, or take a
/// public key for a secret (RFC 8725 §2.1, §3.1).
enum class JwtAlgorithm : std::uint8_t {
    hs256,  ///< HMAC with SHA-256: who can verify can also sign
    hs384,
    hs512,
    rs256,  ///< RSASSA-PKCS1-v1_5 with SHA-256
    ps256,  ///< RSASSA-PSS with SHA-256
    es256,  ///< ECDSA over P-256 with SHA-256
    eddsa,  ///< Ed25519
};

namespace security {
inline constexpr std::array<std::string_view, 7> algorithm_names{"HS256", "HS384", "HS512", "RS256", "PS256", "ES256", "EdDSA"};
}

constexpr std::string_view to_string(JwtAlgorithm algorithm) noexcept {
    return security::algorithm_names[static_cast<std::size_t>(algorithm)];
}

/// None for what is not offered here. Names are compared byte by byte (RFC 7515 §4.1.1).
constexpr std::optional<JwtAlgorithm> jwt_algorithm(std::string_view name) noexcept {
    const auto found = std::ranges::find(security::algorithm_names, name);
    if (found == security::algorithm_names.end()) return std::nullopt;
    return static_cast<JwtAlgorithm>(found - security::algorithm_names.begin());
}

/// Signed with the secret that verifies it.
constexpr bool is_symmetric(JwtAlgorithm algorithm) noexcept { return algorithm <= JwtAlgorithm::hs512; }

}  // namespace kingbolt
