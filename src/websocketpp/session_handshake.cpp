// How a session answers what comes before the first frame.

#include "engine.hpp"
#include "plain_words.hpp"
#include "session.hpp"

namespace kingbolt::transport::detail {

bool Session::on_validate() {
    auto& engine = engine_of(*this);
    auto* const hub = events();
    if (hub == nullptr) return false;
    if (!engine.get_request().is_rfc6455()) {
        respond(426, "this server speaks WebSocket version 13\n", "text/plain; charset=utf-8", {{"Sec-WebSocket-Version", "13"}});
        note(Cause::bad_handshake, {}, "answered 426: a WebSocket version other than 13");
        return false;
    }
    UpgradeRequest request;
    fill(request, engine.get_request(), remote_);
    request.subprotocols = engine.get_requested_subprotocols();
    const UpgradeResponse response = hub->on_upgrade(id_, request);
    if (is_closed()) return false;
    if (!well_formed(response.headers)) return refuse_headers();
    if (!response.accepted()) {
        answer_ = Answer::refusal;
        const unsigned status = response.status >= 400 && response.status <= 599 ? response.status : 500;
        respond(status, response.body, "text/plain; charset=utf-8", response.headers);
        return false;
    }
    std::error_code error;
    engine.select_subprotocol(response.subprotocol, error);
    if (error) {
        note(Cause::unoffered_subprotocol, {}, '"' + response.subprotocol + '"');
        respond(500, {}, "text/plain; charset=utf-8", {});
        return false;
    }
    for (const auto& [name, value] : response.headers) engine.append_header(name, value);
    return true;
}

void Session::on_http() {
    auto* const hub = events();
    if (hub == nullptr) return;
    HttpRequest request;
    fill(request, engine_of(*this).get_request(), remote_);
    const HttpResponse response = hub->on_request(id_, request);
    if (is_closed()) return;
    answer_ = Answer::plain_http;
    if (!well_formed(response.headers) || !well_formed({{"Content-Type", response.content_type}})) {
        refuse_headers();
        return;
    }
    const unsigned status = response.status >= 200 && response.status <= 599 ? response.status : 500;
    respond(status, request.method == "HEAD" ? std::string{} : response.body, response.content_type, response.headers);
}

void Session::respond(unsigned status, const std::string& body, std::string_view content_type, const HttpHeaders& headers) {
    auto& engine = engine_of(*this);
    engine.set_status(static_cast<websocketpp::http::status_code::value>(status));
    for (const auto& [name, value] : headers) engine.append_header(name, value);
    engine.replace_header("Content-Type", std::string{content_type});
    engine.replace_header("Connection", "close");
    engine.replace_header("Content-Length", "0");
    if (!body.empty()) engine.set_body(body);
}

/// A header of the application's that would split the response.
bool Session::refuse_headers() {
    note(Cause::handler_error, {}, "a response header with a forbidden character");
    respond(500, {}, "text/plain; charset=utf-8", {});
    return false;
}

void Session::on_open() {
    stage_ = Stage::open;
    // The handshake's headers would stay for as long as the connection does. The objects are ours; only the way to them is const.
    const_cast<Request&>(engine_of(*this).get_request()) = {};
    const_cast<EngineConfig::response_type&>(engine_of(*this).get_response()) = {};
    if (auto* const hub = events()) hub->on_opened(id_);
}

void Session::note_handshake() {
    auto& engine = engine_of(*this);
    const std::string status = "answered " + std::to_string(static_cast<int>(engine.get_response_code()));
    if (answer_ == Answer::refusal) return note(Cause::upgrade_refused, {}, status);
    if (answer_ == Answer::plain_http) return note(Cause::http_request, {}, status);
    const std::string complaint = engine.get_request().complaint();
    note(Cause::bad_handshake, {}, status + ": " + (complaint.empty() ? refusal_in_plain_words(engine.get_ec()) : complaint));
}

}  // namespace kingbolt::transport::detail
