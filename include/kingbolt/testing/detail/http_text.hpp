#pragma once
// Just enough HTTP/1.1 for both ends of the simulated wire: heads as text, and text as heads.

#include <kingbolt/core/http.hpp>

#include <algorithm>
#include <cctype>
#include <charconv>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace kingbolt::testing::detail {

struct HttpHead {
    std::string start_line{};
    HttpHeaders headers{};
    std::size_t size = 0;  ///< in bytes, the empty line included

    static bool same(std::string_view a, std::string_view b) noexcept {
        return std::ranges::equal(a, b, [](unsigned char x, unsigned char y) { return std::tolower(x) == std::tolower(y); });
    }
    std::string_view header(std::string_view name) const noexcept {
        const auto found = std::ranges::find_if(headers, [name](const auto& field) { return same(field.first, name); });
        return found == headers.end() ? std::string_view{} : std::string_view{found->second};
    }
};

constexpr std::string_view trimmed(std::string_view text) noexcept {
    while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
    while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
    return text;
}

/// The comma-separated elements of a header's value.
inline std::vector<std::string> list_of(std::string_view value) {
    std::vector<std::string> list;
    while (!value.empty()) {
        const auto comma = std::min(value.find(','), value.size());
        if (const auto element = trimmed(value.substr(0, comma)); !element.empty()) list.emplace_back(element);
        value.remove_prefix(std::min(comma + 1, value.size()));
    }
    return list;
}

/// The elements of all headers of that name: a list may come in several lines (RFC 9110 §5.3).
inline std::vector<std::string> list_of(const HttpHead& head, std::string_view name) {
    std::vector<std::string> list;
    for (const auto& [key, value] : head.headers) {
        if (!HttpHead::same(key, name)) continue;
        for (std::string& element : list_of(value)) list.push_back(std::move(element));
    }
    return list;
}

/// None until the empty line is there.
inline std::optional<HttpHead> read_http_head(std::string_view text) {
    const auto end = text.find("\r\n\r\n");
    if (end == std::string_view::npos) return std::nullopt;
    HttpHead head{.size = end + 4};
    std::string_view rest = text.substr(0, end);
    const auto next_line = [&rest] {
        const auto line = rest.substr(0, rest.find("\r\n"));
        rest.remove_prefix(std::min(line.size() + 2, rest.size()));
        return line;
    };
    head.start_line = next_line();
    while (!rest.empty()) {
        const auto line = next_line();
        const auto colon = std::min(line.find(':'), line.size());
        head.headers.emplace_back(line.substr(0, colon), trimmed(line.substr(std::min(colon + 1, line.size()))));
    }
    return head;
}

/// `GET /path HTTP/1.1`; none when it is something else.
inline std::optional<HttpRequest> request_of(const HttpHead& head, std::string remote) {
    const std::string_view line = head.start_line;
    const auto first = line.find(' ');
    const auto last = line.rfind(' ');
    if (first == 0 || first == std::string_view::npos || last <= first + 1 || line.substr(last + 1) != "HTTP/1.1") return std::nullopt;
    return HttpRequest{.method = std::string{line.substr(0, first)},
                       .target = std::string{line.substr(first + 1, last - first - 1)},
                       .remote = std::move(remote),
                       .headers = head.headers};
}

/// The number of `HTTP/1.1 200 OK`; 0 when there is none.
inline unsigned status_of(const HttpHead& head) noexcept {
    const std::string_view line = head.start_line;
    unsigned status = 0;
    if (line.starts_with("HTTP/1.1 ")) std::from_chars(line.data() + 9, line.data() + line.size(), status);
    return status;
}

inline std::string text_of(const HttpHeaders& headers) {
    std::string text;
    for (const auto& [name, value] : headers) text.append(name).append(": ").append(value).append("\r\n");
    return text;
}

inline std::string text_of(const HttpResponse& response) {
    return "HTTP/1.1 " + std::to_string(response.status) + "\r\nContent-Type: " + response.content_type +
           "\r\nContent-Length: " + std::to_string(response.body.size()) + "\r\n" + text_of(response.headers) + "\r\n" + response.body;
}

/// Of an upgrade that is accepted. Sec-WebSocket-Accept is left out: both ends know what the other is.
inline std::string text_of(const UpgradeResponse& response) {
    std::string text = "HTTP/1.1 101\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n";
    if (!response.subprotocol.empty()) text += "Sec-WebSocket-Protocol: " + response.subprotocol + "\r\n";
    return text + text_of(response.headers) + "\r\n";
}

}  // namespace kingbolt::testing::detail
