#pragma once
// HTTP between websocketpp's types and kingbolt's.

#include <kingbolt/core/http.hpp>

#include <websocketpp/http/request.hpp>

#include <cstddef>
#include <string>

namespace kingbolt::transport::detail {

/// A request as websocketpp parses it. Two things differ.
///   - websocketpp would answer the drafts before RFC 6455, in which frames look different, and advertise them. Here every version
///     but 13 looks like draft 8, which takes the same request, so that `is_rfc6455` can refuse them all in one place.
///   - It keeps what the parser complained of.
class Request : public websocketpp::http::parser::request {
public:
    std::size_t consume(const char* bytes, std::size_t size);
    const std::string& get_header(const std::string& name) const;

    bool is_rfc6455() const;
    /// In plain words; empty for a request that could be parsed.
    const char* complaint() const noexcept { return complaint_; }

private:
    const char* complaint_ = "";
    bool begun_ = false;
};

/// The parts that an `UpgradeRequest` and an `HttpRequest` share.
void fill(HttpRequest& out, const Request& request, const std::string& remote);

/// True for names and values that can go into a response: RFC 9110 §5.5 forbids CR, LF and NUL in a value.
bool well_formed(const HttpHeaders& headers);

}  // namespace kingbolt::transport::detail
