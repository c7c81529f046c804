// 10 · JWT: who has no good token does not come in, who has one does what it says, and brings a new one before it expires.
//
//     jwt_server --secret-file secret.txt          the HS256 secret, 32 bytes at least
//
// Clients show the token as `Authorization: Bearer …` or, browsers, as a subprotocol: new WebSocket(url, ["demo", "bearer." + token]).
// Its claim `scope` says what they may: "subscribe:news.* publish:news.today". They say `subscribe TOPIC`, `publish TOPIC TEXT` or
// `refresh TOKEN`; whom the operator locks out is closed at once, here whoever says `bye`.
//
// Proves: a token is verified before the upgrade, an expired one ends its session 25 s later unless a new one comes, a revoked subject is
// closed at once, and nothing is permitted that no scope says.
// Does not prove: where tokens come from. Keys from a file that is renewed while the server runs: kb::JwksFile, as in reference_server.

#include "../common/example.hpp"

#include <kingbolt/engine/describe.hpp>
#include <kingbolt/policy/scope_authorizer.hpp>
#include <kingbolt/security/jwt.hpp>

#include <algorithm>
#include <exception>
#include <fstream>
#include <iomanip>
#include <iostream>
#include <string>
#include <string_view>
#include <system_error>

namespace kb = kingbolt;

namespace {

/// Takes the first word off the front.
std::string_view next_word(std::string_view& text) {
    const std::string_view word = text.substr(0, text.find(' '));
    text.remove_prefix(std::min(word.size() + 1, text.size()));
    return word;
}

template <class Hub>
void obey(Hub& hub, kb::Session& client, std::string_view text) {
    const auto answer = [&client](std::error_code error) { client.send(error ? error.message() : "done"); };
    const std::string_view verb = next_word(text);
    if (verb == "subscribe") return answer(client.subscribe(text));
    if (verb == "refresh") return client.refresh(text, answer);
    if (verb == "bye") return hub.revoke_subject(client.identity()->subject);
    if (verb != "publish") return static_cast<void>(client.send("subscribe, publish, refresh or bye"));
    const std::string_view topic = next_word(text);
    answer(client.permits(kb::Action::publish, topic) ? hub.publish(topic, text) : kb::Errc::not_permitted);
}

}  // namespace

int main(int argc, char** argv) try {
    std::string secret_file;
    const auto arguments = example::read_arguments(argc, argv, [&](CLI::App& app) {
        app.add_option("--secret-file", secret_file, "the HS256 secret")->type_name("FILE")->required();
    });
    std::string secret;
    std::getline(std::ifstream{secret_file}, secret);

    asio::io_context io;
    kb::transport::Native server{io, {.address = arguments.host, .port = arguments.port, .max_message = arguments.max_message}};

    kb::Hub hub{server,
                kb::JwtAuthenticator{{.issuer = "demo"}, kb::KeySet{{kb::VerificationKey::from_secret(kb::JwtAlgorithm::hs256, secret)}}},
                kb::ScopeAuthorizer{},
                arguments.keep_alive,
                arguments.deadlines,
                kb::On{[](const kb::event::Authenticated& e) { std::clog << std::quoted(e.subject) << (e.again ? " again\n" : "\n"); }},
                kb::On{[](const kb::event::Rejected& e) { std::clog << "refused: " << e.detail << '\n'; }},
                kb::On{[](const kb::event::Closed& e) { std::clog << kb::describe(e) << '\n'; }}};

    hub.on_upgrade([](const kb::UpgradeRequest& request) {
        const bool offered = std::ranges::find(request.subprotocols, "demo") != request.subprotocols.end();
        return kb::UpgradeResponse::accept(offered ? "demo" : "");
    });
    hub.on_message([&hub](kb::Session& client, kb::Message message) { obey(hub, client, message.text()); });

    example::run(io, arguments, server, hub);
} catch (const std::exception& problem) {
    return example::complain(problem);
}
