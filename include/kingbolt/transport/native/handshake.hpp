#pragma once
// native::Connection: what comes before the first frame. Included by transport/native.hpp.

#include <kingbolt/engine/http_response.hpp>
#include <kingbolt/engine/upgrade.hpp>
#include <kingbolt/transport/native/server.hpp>

#include <algorithm>
#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <utility>

namespace kingbolt::transport::native {

template <Compression C, SecureChannel S>
void Connection<C, S>::take_head(std::span<char> bytes) {
    auto& waiting = aside().input;
    const bool came_whole = waiting.empty();  // so far, and nearly always
    if (!came_whole) waiting.append(bytes.data(), bytes.size());
    const std::string_view all = came_whole ? std::string_view{bytes.data(), bytes.size()} : std::string_view{waiting};
    engine::HttpHead head;
    const auto [size, refusal] = aside_->head.read(all, head);
    if (refusal != nullptr) return refuse(*refusal, head.request.method);
    if (size == 0) {
        if (came_whole) waiting.assign(all);
        return;
    }
    std::string behind{all.substr(size)};
    waiting = {};
    head.request.remote = std::move(aside_->remote);
    auto judgement = engine::judge_upgrade(std::move(head));
    using Kind = engine::UpgradeJudgement::Kind;
    switch (judgement.kind) {
    case Kind::refused: return refuse(*judgement.refusal, judgement.request.method);
    case Kind::plain_http: return answer_request(judgement.request);
    case Kind::upgrade: answer_upgrade(judgement.request, judgement.extensions);
    }
    // A client may send frames before it has the answer.
    if (stage_ == Stage::open && !behind.empty()) take_frames(behind);
}

template <Compression C, SecureChannel S>
void Connection<C, S>::answer_upgrade(const UpgradeRequest& request, std::span<const ExtensionOffer> offers) {
    const UpgradeResponse response = server_.events()->on_upgrade(id_, request);
    if (has_ended()) return;
    if (!engine::well_formed(response.headers)) return refuse_headers(request.method);
    if (!response.accepted()) {
        const unsigned status = response.status >= 400 && response.status <= 599 ? response.status : 500;
        return respond(Cause::upgrade_refused, {.status = status, .body = response.body, .headers = response.headers}, request.method);
    }
    if (!response.subprotocol.empty() && std::ranges::count(request.subprotocols, response.subprotocol) == 0) {
        note(Cause::unoffered_subprotocol, {}, '"' + response.subprotocol + '"');
        return respond(Cause::unoffered_subprotocol, {.status = 500}, request.method);
    }
    const auto extensions = server_.compression().accept(compression_, offers);
    stage_ = Stage::open;
    send_own(engine::accepting(request, response, extensions.value_or(std::string{})));
    tidy();
    server_.events()->on_opened(id_);
}

template <Compression C, SecureChannel S>
void Connection<C, S>::answer_request(const HttpRequest& request) {
    HttpResponse response = server_.events()->on_request(id_, request);
    if (has_ended()) return;
    if (!engine::well_formed(response.headers) || !engine::is_field_value(response.content_type)) return refuse_headers(request.method);
    if (response.status < 200 || response.status > 599) response.status = 500;
    respond(Cause::http_request, response, request.method);
}

template <Compression C, SecureChannel S>
void Connection<C, S>::refuse(const engine::HttpRefusal& refusal, std::string_view method) {
    note(Cause::bad_handshake, {}, "answered " + std::to_string(refusal.status) + ": " + refusal.words);
    send_own(engine::refusing(refusal, method));
    end_gracefully();
}

/// A header of the application's that would split the response.
template <Compression C, SecureChannel S>
void Connection<C, S>::refuse_headers(std::string_view method) {
    note(Cause::handler_error, {}, "a response header with a forbidden character");
    respond(Cause::handler_error, {.status = 500}, method);
}

template <Compression C, SecureChannel S>
void Connection<C, S>::respond(Cause cause, const HttpResponse& response, std::string_view method) {
    note(cause, {}, "answered " + std::to_string(response.status));
    send_own(engine::answering(response, method));
    end_gracefully();
}

}  // namespace kingbolt::transport::native
