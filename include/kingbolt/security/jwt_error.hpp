#pragma once
// Why a token is not accepted.

#include <cstdint>
#include <string_view>

namespace kingbolt {

/// Why a token was refused: for a log; the client is told none of it.
enum class JwtError : std::uint8_t {
    none,
    malformed,          ///< too large, not three parts, not base64url, not the JSON it should be
    header_refused,     ///< `crit`, or a `typ` of something else
    algorithm_refused,  ///< not offered, or not that of the key
    unknown_key,        ///< no key for its `kid`
    bad_signature,
    claim_refused,  ///< missing, or of the wrong type
    expired,
    not_yet_valid,  ///< before `nbf`, or issued in the future
    wrong_issuer,
    wrong_audience,
};

constexpr std::string_view to_string(JwtError error) noexcept {
    switch (error) {
    case JwtError::none: return "no error";
    case JwtError::malformed: return "malformed token";
    case JwtError::header_refused: return "refused header";
    case JwtError::algorithm_refused: return "refused algorithm";
    case JwtError::unknown_key: return "unknown key";
    case JwtError::bad_signature: return "bad signature";
    case JwtError::claim_refused: return "refused claim";
    case JwtError::expired: return "expired";
    case JwtError::not_yet_valid: return "not yet valid";
    case JwtError::wrong_issuer: return "wrong issuer";
    case JwtError::wrong_audience: return "wrong audience";
    }
    return "unknown error";
}

}  // namespace kingbolt
