#pragma once
// The dashboard's files, for everybody: what they show is on the WebSocket, which asks who is there.

#include <kingbolt/core/http.hpp>

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace reference_server {

/// Read once, when it is made: no request reaches the file system. `index.html` is `/`, any other file of the folder `/dashboard/<name>`.
class Assets {
public:
    /// Of no folder: there are none.
    Assets() = default;
    /// Throws InvalidOption when `folder` has no `index.html`, or a file that cannot be read. Files of other kinds than html, css, js and
    /// svg are left out, and so are folders.
    explicit Assets(const std::string& folder);

    /// None: there is no such file. 200; 304 to who has it already; 405 to other methods than GET and HEAD.
    std::optional<kingbolt::HttpResponse> answer(const kingbolt::HttpRequest& request) const;

private:
    struct File {
        std::string content{};
        std::string_view type{};
        std::string etag{};
    };

    std::map<std::string, File, std::less<>> files_;
};

}  // namespace reference_server
