#pragma once
// OpenSSL's errors as std::error_code.

#include <openssl/err.h>
#include <openssl/sslerr.h>

#include <string>
#include <system_error>

namespace kingbolt::tls {

namespace detail {

class Category final : public std::error_category {
public:
    const char* name() const noexcept override { return "kingbolt.tls"; }
    std::string message(int error) const override {
        const auto packed = static_cast<unsigned long>(static_cast<unsigned>(error));
        const int reason = ERR_GET_LIB(packed) == ERR_LIB_SSL ? ERR_GET_REASON(packed) : 0;
        // The usual mistake, in words that tell it.
        if (reason == SSL_R_HTTP_REQUEST || reason == SSL_R_HTTPS_PROXY_REQUEST) return "plain HTTP on a TLS port";
        const char* const words = ERR_reason_error_string(packed);
        return words != nullptr ? words : "TLS error " + std::to_string(packed);
    }
};

}  // namespace detail

/// Values are OpenSSL's packed codes, messages its reasons.
inline const std::error_category& error_category() noexcept {
    static const detail::Category category;
    return category;
}

/// The first error of this thread's queue, which is the root of the others, and empties it. One of the system's is told as that.
inline std::error_code take_error() noexcept {
    const unsigned long packed = ERR_get_error();
    ERR_clear_error();
    if (ERR_SYSTEM_ERROR(packed)) return {ERR_GET_REASON(packed), std::system_category()};
    return {static_cast<int>(packed), error_category()};
}

}  // namespace kingbolt::tls
