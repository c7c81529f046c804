#pragma once
// Authenticators whose answers a test knows: the token `good:<subject>` is good, `good:<subject>:<seconds>` for so long, and
// `less:<subject>` permits less.

#include <kingbolt/concepts/authenticator.hpp>
#include <kingbolt/concepts/slot.hpp>

#include <chrono>
#include <functional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace kingbolt::test {

inline Authentication judge(std::string_view token) {
    if (token.empty()) return Authentication::missing();
    if (token == "throw") throw std::runtime_error{"the keys have gone"};
    const bool less = token.starts_with("less:");
    if (!less && !token.starts_with("good:")) return Authentication::refuse("a bad token");
    token.remove_prefix(5);
    const auto colon = token.find(':');
    Identity who{.subject = std::string{token.substr(0, colon)}, .token_id = "id-" + std::string{token}};
    who.scopes = {less ? "subscribe:news.today" : "subscribe:news.*", "call:echo"};
    if (colon == std::string_view::npos) return Authentication::accept(std::move(who));
    return Authentication::accept(std::move(who), std::chrono::seconds{std::stoi(std::string{token.substr(colon + 1)})});
}

/// Shared by copies, so that a test sees what the hub's copy does.
struct Doorman {
    using slot = kingbolt::slot::authenticator;

    int judged = 0;

    Authentication authenticate(const HttpRequest& request) {
        ++judged;
        return judge(request.header("Authorization"));
    }
    Authentication refresh(std::string_view token) { return judge(token); }
    std::string account(const HttpRequest& request) const { return std::string{request.header("X-Account")}; }
    void redact(UpgradeRequest& request) const {
        std::erase_if(request.headers, [](const auto& field) { return field.first == "Authorization"; });
    }
};

static_assert(SyncAuthenticator<Doorman>);

/// Answers when the test says so.
struct SlowDoorman {
    using slot = kingbolt::slot::authenticator;

    struct Question {
        std::string token;
        AuthenticationDone done;
        bool cancelled = false;
    };
    std::vector<Question> questions{};

    CancelAuthentication async_authenticate(const HttpRequest& request, AuthenticationDone done) {
        return ask(std::string{request.header("Authorization")}, std::move(done));
    }
    CancelAuthentication async_refresh(std::string_view token, AuthenticationDone done) { return ask(std::string{token}, std::move(done)); }
    std::string account(const HttpRequest&) const { return {}; }
    void redact(UpgradeRequest&) const {}

    void answer(std::size_t n) { questions.at(n).done(judge(questions.at(n).token)); }

private:
    CancelAuthentication ask(std::string token, AuthenticationDone done) {
        if (token == "at once") {
            done(judge("good:ann"));
            return {};
        }
        questions.push_back({std::move(token), std::move(done)});
        return [this, n = questions.size() - 1] { questions[n].cancelled = true; };
    }
};

static_assert(AsyncAuthenticator<SlowDoorman>);

/// What a client is answered; waits for it.
template <class Rig, class Client>
unsigned status(Rig& rig, const Client& client) {
    rig.until([&client] { return client.upgrade_status() != 0; });
    return client.upgrade_status();
}

inline HttpHeaders token(std::string value) { return {{"Authorization", std::move(value)}}; }

}  // namespace kingbolt::test
