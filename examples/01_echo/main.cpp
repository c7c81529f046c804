// 01 · Echo: what a client sends comes back to it, unchanged.
//
// Proves: a hub takes a transport and a few policies; text stays text and binary stays binary; every limit is one value; the hub is the
// same whichever transport does the bytes, and whether it compresses or encrypts them. For wss://, `scripts/make-certificates DIR` and
// then `--tls-cert DIR/server.pem --tls-key DIR/server.key`; SIGHUP reads both anew, and nobody is disconnected.
// Does not prove: anything about several clients, see 02_broadcast; nor why anybody would want a token, see 10_jwt.

#include "../common/access.hpp"
#include "../common/example.hpp"

#include <kingbolt/compression/zlib.hpp>
#include <kingbolt/tls/openssl.hpp>
#include <kingbolt/transport/websocketpp.hpp>

#include <exception>
#include <optional>
#include <string>
#include <utility>

namespace kb = kingbolt;
using kb::compression::Zlib;
using kb::tls::OpenSsl;
using namespace kingbolt::literals;

namespace {

struct Setup {
    example::Arguments arguments{};
    kb::Outbox outbox{};
    example::Access access{};
};

template <class Transport>
void run(asio::io_context& io, const Setup& setup, Transport& server) {
    const example::Arguments& arguments = setup.arguments;
    example::Gate gate{setup.access};
    kb::Hub hub{server,
                arguments.keep_alive,
                arguments.deadlines,
                setup.outbox,
                setup.access.admission(),
                setup.access.proxies(),
                example::Origins{setup.access},
                gate,
                setup.access.rate_limiter()};

    hub.on_message([](kb::Session& from, kb::Message message) { from.send(message); });

    example::run(io, arguments, server, hub);
}

/// `more`: a compression, a channel, or both.
template <class... More>
void run_native(const Setup& setup, More... more) {
    asio::io_context io;
    const auto& [host, port, max_message, keep_alive, deadlines] = setup.arguments;
    kb::transport::Native server{io, {.address = host, .port = port, .max_message = max_message}, std::move(more)...};
    run(io, setup, server);
}

void run_websocketpp(const Setup& setup, const std::optional<kb::TlsOptions>& tls) {
    asio::io_context io;
    const auto& [host, port, max_message, keep_alive, deadlines] = setup.arguments;
    kb::transport::Websocketpp server{io, {.address = host, .port = port, .max_message = max_message, .tls = tls}};
    run(io, setup, server);
}

}  // namespace

int main(int argc, char** argv) try {
    std::string transport = "native";
    bool compression = false, no_limits = false;
    Setup setup;
    // As many as come, unless somebody says otherwise: this server is there to be measured and tested.
    setup.access = {.max_per_ip = 1'000'000, .handshakes_per_ip = 100'000, .accepts_per_second = 1e9, .accept_burst = 1'000'000};
    setup.access.rate = 1e9;
    setup.access.burst = 1'000'000;
    setup.arguments = example::read_arguments(argc, argv, [&](CLI::App& app) {
        app.add_option("--transport", transport, "who does the bytes")
            ->check(CLI::IsMember({"native", "websocketpp"}))
            ->capture_default_str();
        app.add_flag("--compression", compression, "compress for clients that offer it; native only");
        app.add_flag("--no-limits", no_limits, "messages and queues as large as the library allows")->excludes("--max-message");
        setup.access.add_to(app);
        app.callback([&] {
            if (compression && transport != "native") throw CLI::ValidationError{"--compression", "only --transport native compresses"};
        });
    });
    setup.outbox.max_bytes = 4 * setup.arguments.max_message + 1_MiB;  // a few of the largest echoes may wait
    if (no_limits) {
        setup.arguments.max_message = 1_GiB;
        setup.outbox = {.max_bytes = 1_GiB, .max_messages = 1'000'000};
    }
    const kb::PermessageDeflate zlib{.server_context_takeover = true, .client_context_takeover = true, .max_ratio = 2'000};
    const auto tls = setup.access.has_tls() ? std::optional{setup.access.tls()} : std::nullopt;
    setup.access.check("--host", setup.arguments.host);
    if (transport == "websocketpp")
        run_websocketpp(setup, tls);
    else if (compression && tls)
        run_native(setup, Zlib{zlib}, OpenSsl{*tls});
    else if (compression)
        run_native(setup, Zlib{zlib});
    else if (tls)
        run_native(setup, OpenSsl{*tls});
    else
        run_native(setup);
} catch (const std::exception& problem) {
    return example::complain(problem);
}
