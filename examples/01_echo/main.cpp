// 01 · Echo: what a client sends comes back to it, unchanged.
//
// Proves: a hub takes a transport and a few policies; text stays text and binary stays binary; every limit is one value; the hub is the
// same whichever transport does the bytes, and whether it compresses or encrypts them. For wss://, `scripts/make-certificates DIR` and
// then `--tls-cert DIR/server.pem --tls-key DIR/server.key`; SIGHUP reads both anew, and nobody is disconnected.
// Does not prove: anything about several clients; see 02_broadcast.

#include "../common/example.hpp"

#include <kingbolt/compression/zlib.hpp>
#include <kingbolt/tls/openssl.hpp>
#include <kingbolt/transport/websocketpp.hpp>

#include <iostream>
#include <optional>
#include <string>
#include <system_error>
#include <utility>

namespace kb = kingbolt;
using kb::compression::Zlib;
using kb::tls::OpenSsl;
using namespace kingbolt::literals;

namespace {

template <class Transport>
void run(asio::io_context& io, const example::Arguments& arguments, const kb::Outbox& outbox, Transport& server) {
    kb::Hub hub{server, arguments.keep_alive, arguments.deadlines, outbox};

    hub.on_message([](kb::Session& from, kb::Message message) { from.send(message); });

    example::run(io, arguments, server, hub);
}

/// `more`: a compression, a channel, or both.
template <class... More>
void run_native(const example::Arguments& arguments, const kb::Outbox& outbox, More... more) {
    asio::io_context io;
    kb::transport::Native server{
        io, {.address = arguments.host, .port = arguments.port, .max_message = arguments.max_message}, std::move(more)...};
    run(io, arguments, outbox, server);
}

void run_websocketpp(const example::Arguments& arguments, const kb::Outbox& outbox, const std::optional<kb::TlsOptions>& tls) {
    asio::io_context io;
    kb::transport::Websocketpp server{
        io, {.address = arguments.host, .port = arguments.port, .max_message = arguments.max_message, .tls = tls}};
    run(io, arguments, outbox, server);
}

}  // namespace

int main(int argc, char** argv) {
    std::string transport = "native";
    bool compression = false, no_limits = false;
    kb::TlsOptions files;
    auto arguments = example::read_arguments(argc, argv, [&](CLI::App& app) {
        app.add_option("--transport", transport, "who does the bytes")
            ->check(CLI::IsMember({"native", "websocketpp"}))
            ->capture_default_str();
        app.add_flag("--compression", compression, "compress for clients that offer it; native only");
        app.add_flag("--no-limits", no_limits, "messages and queues as large as the library allows")->excludes("--max-message");
        auto* const certificate = app.add_option("--tls-cert", files.certificate_chain_file, "PEM file; wss:// instead of ws://");
        auto* const key = app.add_option("--tls-key", files.private_key_file, "PEM file");
        certificate->needs(key)->type_name("FILE");
        key->needs(certificate)->type_name("FILE");
        app.callback([&] {
            if (compression && transport != "native") throw CLI::ValidationError{"--compression", "only --transport native compresses"};
        });
    });
    kb::Outbox outbox{.max_bytes = 4 * arguments.max_message + 1_MiB};  // a few of the largest echoes may wait
    if (no_limits) {
        arguments.max_message = 1_GiB;
        outbox = {.max_bytes = 1_GiB, .max_messages = 1'000'000};
    }
    const kb::PermessageDeflate zlib{.server_context_takeover = true, .client_context_takeover = true, .max_ratio = 2'000};
    const auto tls = files.private_key_file.empty() ? std::nullopt : std::optional{files};
    try {
        if (transport == "websocketpp")
            run_websocketpp(arguments, outbox, tls);
        else if (compression && tls)
            run_native(arguments, outbox, Zlib{zlib}, OpenSsl{*tls});
        else if (compression)
            run_native(arguments, outbox, Zlib{zlib});
        else if (tls)
            run_native(arguments, outbox, OpenSsl{*tls});
        else
            run_native(arguments, outbox);
    } catch (const std::system_error& problem) {
        std::cerr << problem.what() << '\n';
        return 1;
    }
}
