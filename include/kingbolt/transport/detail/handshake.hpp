#pragma once
// What comes before the first frame, whatever the transport: one request is read, judged, put to the hub, and answered.

#include <kingbolt/concepts/transport.hpp>
#include <kingbolt/core/http_grammar.hpp>
#include <kingbolt/engine/http_response.hpp>
#include <kingbolt/engine/upgrade.hpp>

#include <algorithm>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

namespace kingbolt::transport::detail {

/// A request to become a WebSocket, until it is answered.
struct PendingUpgrade {
    UpgradeRequest request{};
    std::vector<ExtensionOffer> extensions{};
    std::string behind{};  ///< what came behind the request: a client may send frames before it has the answer
};

/// `Host` is the connection:
///   hub()                  what hears of the request
///   session()              by which id
///   has_ended()            the hub has ended it meanwhile
///   note(cause, error, words)  what it ends of, should it end
///   send_own(text)         an answer
///   end_gracefully()       after the answer
///   open(upgrade, response)    the upgrade is accepted: the host sends the answer. The last thing done here
class Handshake {
public:
    explicit Handshake(std::string remote) : remote_{std::move(remote)} {}

    const std::string& remote() const noexcept { return remote_; }
    /// Bytes of a request that is not there in full, and of what came behind one.
    std::size_t held() const noexcept { return input_.size() + (pending_ ? pending_->behind.size() : 0); }
    /// Nothing more is to be read before `answer`.
    bool waits_for_hub() const noexcept { return pending_ != nullptr; }

    template <class Host>
    void take(Host& host, std::string_view bytes) {
        const bool came_whole = input_.empty();  // so far, and nearly always
        if (!came_whole) input_.append(bytes);
        const std::string_view all = came_whole ? bytes : std::string_view{input_};
        engine::HttpHead head;
        const auto [size, refusal] = head_.read(all, head);
        if (refusal != nullptr) return refuse(host, *refusal, head.request.method);
        if (size == 0) {
            if (came_whole) input_.assign(all);
            return;
        }
        PendingUpgrade upgrade{.behind = std::string{all.substr(size)}};
        input_ = {};
        head.request.remote = remote_;
        auto judgement = engine::judge_upgrade(std::move(head));
        using Kind = engine::UpgradeJudgement::Kind;
        if (judgement.kind == Kind::refused) return refuse(host, *judgement.refusal, judgement.request.method);
        if (judgement.kind == Kind::plain_http) return answer_request(host, judgement.request);
        upgrade.request = std::move(judgement.request);
        upgrade.extensions = std::move(judgement.extensions);
        const UpgradeResponse response = host.hub()->on_upgrade(host.session(), upgrade.request);
        if (host.has_ended()) return;
        if (response.is_deferred())
            pending_ = std::make_unique<PendingUpgrade>(std::move(upgrade));
        else
            conclude(host, upgrade, response);
    }

    /// What the hub had deferred.
    template <class Host>
    void answer(Host& host, const UpgradeResponse& response) {
        const auto upgrade = std::move(pending_);
        if (upgrade) conclude(host, *upgrade, response);
    }

private:
    template <class Host>
    static void conclude(Host& host, PendingUpgrade& upgrade, const UpgradeResponse& response) {
        const auto& method = upgrade.request.method;
        if (!engine::well_formed(response.headers)) return refuse_headers(host, method);
        if (!response.accepted()) {
            const unsigned status = response.status >= 400 && response.status <= 599 ? response.status : 500;
            return respond(host, Cause::upgrade_refused, {.status = status, .body = response.body, .headers = response.headers}, method);
        }
        if (!response.subprotocol.empty() && std::ranges::count(upgrade.request.subprotocols, response.subprotocol) == 0) {
            host.note(Cause::unoffered_subprotocol, {}, '"' + response.subprotocol + '"');
            return respond(host, Cause::unoffered_subprotocol, {.status = 500}, method);
        }
        host.open(upgrade, response);
    }

    template <class Host>
    static void answer_request(Host& host, const HttpRequest& request) {
        HttpResponse response = host.hub()->on_request(host.session(), request);
        if (host.has_ended()) return;
        if (!engine::well_formed(response.headers) || !is_field_value(response.content_type)) return refuse_headers(host, request.method);
        if (response.status < 200 || response.status > 599) response.status = 500;
        respond(host, Cause::http_request, response, request.method);
    }

    template <class Host>
    static void refuse(Host& host, const engine::HttpRefusal& refusal, std::string_view method) {
        host.note(Cause::bad_handshake, {}, "answered " + std::to_string(refusal.status) + ": " + refusal.words);
        host.send_own(engine::refusing(refusal, method));
        host.end_gracefully();
    }

    /// A header of the application's that would split the response.
    template <class Host>
    static void refuse_headers(Host& host, std::string_view method) {
        host.note(Cause::handler_error, {}, "a response header with a forbidden character");
        respond(host, Cause::handler_error, {.status = 500}, method);
    }

    template <class Host>
    static void respond(Host& host, Cause cause, const HttpResponse& response, std::string_view method) {
        host.note(cause, {}, "answered " + std::to_string(response.status));
        host.send_own(engine::answering(response, method));
        host.end_gracefully();
    }

    std::string remote_;
    std::string input_;  ///< a request that is not there in full
    engine::HttpHeadReader head_;
    std::unique_ptr<PendingUpgrade> pending_;
};

}  // namespace kingbolt::transport::detail
