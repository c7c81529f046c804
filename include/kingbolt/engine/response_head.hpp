#pragma once
// Just enough HTTP/1.1 for a client: the head of a response, and headers as text.

#include <kingbolt/core/http.hpp>
#include <kingbolt/core/http_grammar.hpp>

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace kingbolt::engine {

struct ResponseHead {
    unsigned status = 0;  ///< of `HTTP/1.1 200 OK`; 0 when it is something else
    HttpHeaders headers{};
    std::size_t size = 0;  ///< in bytes, the empty line included

    std::string_view header(std::string_view name) const noexcept {
        const auto found = std::ranges::find_if(headers, [name](const auto& field) { return same_name(field.first, name); });
        return found == headers.end() ? std::string_view{} : std::string_view{found->second};
    }
};

/// None until the empty line is there.
inline std::optional<ResponseHead> read_response_head(std::string_view text) {
    const auto end = text.find("\r\n\r\n");
    if (end == std::string_view::npos) return std::nullopt;
    ResponseHead head{.size = end + 4};
    std::string_view rest = text.substr(0, end);
    const auto next_line = [&rest] {
        const auto line = rest.substr(0, rest.find("\r\n"));
        rest.remove_prefix(std::min(line.size() + 2, rest.size()));
        return line;
    };
    const auto status_line = next_line();
    if (status_line.starts_with("HTTP/1.1 ")) std::from_chars(status_line.data() + 9, status_line.data() + status_line.size(), head.status);
    while (!rest.empty()) {
        const auto line = next_line();
        const auto colon = std::min(line.find(':'), line.size());
        head.headers.emplace_back(line.substr(0, colon), trimmed(line.substr(std::min(colon + 1, line.size()))));
    }
    return head;
}

inline std::string text_of(const HttpHeaders& headers) {
    std::string text;
    for (const auto& [name, value] : headers) text.append(name).append(": ").append(value).append("\r\n");
    return text;
}

}  // namespace kingbolt::engine
