#pragma once
// Cross-origin resource sharing for plain HTTP on the hub's port (WHATWG Fetch, "CORS protocol"): whose pages may read the answers.
// A WebSocket has none of it: there `slot::origins` refuses.

#include <kingbolt/core/error.hpp>
#include <kingbolt/core/http.hpp>
#include <kingbolt/core/http_grammar.hpp>
#include <kingbolt/core/time.hpp>
#include <kingbolt/policy/allowed_origins.hpp>

#include <algorithm>
#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace kingbolt {

/// What pages of the allowed origins may do. There is no wildcard here.
struct CorsOptions {
    std::vector<std::string> methods{"GET", "HEAD"};  ///< that pages may use
    std::vector<std::string> headers{};               ///< of a request, besides those that need no permission: "Authorization"
    bool credentials = false;                         ///< whether cookies and the like are sent along, and answers to them may be read
    Duration max_age = std::chrono::minutes{10};      ///< how long a browser may remember a preflight; 0 to 24 h, in whole seconds

    /// Throws InvalidOption.
    void validate() const {
        const auto check = [](const char* option, const std::vector<std::string>& names) {
            for (const std::string& name : names) {
                if (!is_token(name) || name == "*")
                    throw InvalidOption{std::string{"CorsOptions."} + option, name, "tokens, and not *", "name each one"};
            }
        };
        check("methods", methods);
        check("headers", headers);
        if (max_age < Duration::zero() || max_age > std::chrono::hours{24})
            throw InvalidOption{"CorsOptions.max_age", std::to_string(milliseconds(max_age)) + " ms", "0 to 24 h", "use 10 min"};
    }
};

/// Adds to an answer what lets an allowed page read it; for others nothing but `Vary`. Call it for every answer of a resource, also to
/// requests without Origin: a cache must not give one page's answer to another.
inline void add_cors_headers(const AllowedOrigins& origins, const HttpRequest& request, HttpResponse& response,
                             const CorsOptions& options = {}) {
    response.headers.emplace_back("Vary", "Origin");
    const std::string_view origin = request.header("Origin");
    if (origin.empty() || !origins.check(request)) return;
    response.headers.emplace_back("Access-Control-Allow-Origin", origin);
    if (options.credentials) response.headers.emplace_back("Access-Control-Allow-Credentials", "true");
}

/// The answer to a preflight: what an allowed page may do, or 403. Nothing when the request is none.
inline std::optional<HttpResponse> cors_preflight(const AllowedOrigins& origins, const HttpRequest& request,
                                                  const CorsOptions& options = {}) {
    if (request.method != "OPTIONS" || request.header("Origin").empty() || request.header("Access-Control-Request-Method").empty())
        return std::nullopt;
    HttpResponse response{.status = 204};
    add_cors_headers(origins, request, response, options);
    if (!origins.check(request)) {
        response.status = 403;
        return response;
    }
    const auto list = [&response](const char* name, const std::vector<std::string>& elements) {
        std::string value;
        for (const std::string& element : elements) value.append(value.empty() ? "" : ", ").append(element);
        if (!value.empty()) response.headers.emplace_back(name, value);
    };
    list("Access-Control-Allow-Methods", options.methods);
    list("Access-Control-Allow-Headers", options.headers);
    const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(options.max_age).count();
    response.headers.emplace_back("Access-Control-Max-Age", std::to_string(seconds));
    return response;
}

}  // namespace kingbolt
