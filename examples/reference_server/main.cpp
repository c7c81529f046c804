// The reference server: agent status monitoring. It asks an RPC engine (../engine/engine.py) for the agents' status and streams
// what changes to WebSocket clients, which speak kingbolt.v1.json (docs/protocol.md). What they may subscribe to and call:
//
//     agents.<id>               event status: the last one at once; gone: the last that there is
//     system.breakers.<name>    event circuit_breaker: the last change at once
//     system.clients            events client_connected, client_disconnected
//     system.engine             events engine_connected, engine_disconnected
//     system.server             event figures, every second: counters of the hub, memory
//     agents.list, agents.status {"id":…}           what the engine answers, or answered last
//     system.breakers, system.connections           for operators: how each breaker is, and each connection
//     system.breaker_changes, system.disconnects    what has become of them lately
//
// With --dashboard it serves a page that shows all of this (dashboard/, docs/dashboard.md).
//
// Proves: everything that kingbolt does, put together for real input: keep-alive, topics, bounded queues, plain HTTP on the same
// port, a reason for each disconnect, a drain on SIGTERM that tells every client when to come back, and circuit breakers: an engine that
// dies, hangs or talks nonsense costs nobody more than freshness, and clients see when it is called again. Who is asked for a token
// (--jwt-key-file) comes in with a good one, does what its scopes say, and brings a new one before that expires.
// Does not prove: that the tokens are issued with care.

#include "../common/access.hpp"
#include "assets.hpp"
#include "clients.hpp"
#include "connections.hpp"
#include "engine_client.hpp"
#include "figures.hpp"
#include "guarded_engine.hpp"
#include "http.hpp"
#include "metrics.hpp"
#include "monitor.hpp"
#include "options.hpp"
#include "outlet.hpp"
#include "units.hpp"

#include <kingbolt/channels.hpp>
#include <kingbolt/hub.hpp>
#include <kingbolt/policy/cors.hpp>
#include <kingbolt/policy/memory_budget.hpp>
#include <kingbolt/protocol/json.hpp>
#include <kingbolt/tls/openssl.hpp>
#include <kingbolt/transport/native.hpp>
#include <kingbolt/transport/websocketpp.hpp>

#include <asio/co_spawn.hpp>
#include <asio/io_context.hpp>
#include <asio/signal_set.hpp>

#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/spdlog.h>

#include <csignal>
#include <exception>
#include <functional>
#include <iostream>
#include <string>
#include <system_error>
#include <utility>

namespace kb = kingbolt;
namespace rs = reference_server;

namespace {

/// Ends the loop with the exception that ended a coroutine.
constexpr auto rethrow = [](std::exception_ptr error) {
    if (error) std::rethrow_exception(error);
};

/// What the server says to plain HTTP. Pages of the origins that are listed may read it; `/stats` and `/metrics` want a token where clients
/// do.
kb::HttpResponse answer_http(const kb::HttpRequest& request, const kb::AllowedOrigins& origins, example::Gate& gate,
                             const std::function<kb::HttpResponse()>& answer) {
    const kb::CorsOptions cors{.headers = {"Authorization"}};
    if (auto preflight = kb::cors_preflight(origins, request, cors)) return *std::move(preflight);
    kb::HttpResponse response;
    const auto who = request.path() == "/healthz" ? kb::Authentication::accept({}) : gate.authenticate(request);
    if (who) {
        response = answer();
    } else {
        spdlog::info("{} {} was refused: {}", request.remote, request.path(), who.detail);
        response = {.status = 401, .body = "authentication required\n", .headers = {{"WWW-Authenticate", who.challenge}}};
    }
    kb::add_cors_headers(origins, request, response, cors);
    return response;
}

/// `make_transport(io)` makes the transport; `reload(transport)` lets it take its certificate anew.
template <class MakeTransport, class Reload>
void serve(const rs::Options& options, MakeTransport make_transport, Reload reload) {
    asio::io_context io;
    auto transport = make_transport(io);
    const rs::Assets assets = options.dashboard.empty() ? rs::Assets{} : rs::Assets{options.dashboard};
    const example::Origins origins{options.access};
    example::Gate gate{options.access};
    example::Permissions permissions{.open = gate.is_open()};
    rs::Metrics metrics;
    rs::Outlet outlet;
    rs::Clients clients{outlet};
    rs::EngineClient engine{io, options.engine, options.rpc_timeout};
    rs::GuardedEngine guarded{io, engine, outlet, metrics.breakers, options};
    rs::Monitor monitor{io, guarded, engine.status(), outlet, options};

    kb::Hub hub{transport,
                kb::KeepAlive{.ping_interval = options.ping_interval, .pong_timeout = options.pong_timeout},
                kb::Deadlines{.handshake = options.handshake_timeout, .close = options.close_timeout},
                options.access.admission(),
                options.access.proxies(),
                origins,
                gate,
                permissions,
                options.access.rate_limiter(),
                kb::ClientLimits{},
                kb::MemoryBudget{},
                clients,
                metrics.hub,
                kb::On{[&io](const kb::event::Drained& drained) {
                    spdlog::info("drained, {} sessions by force", drained.forced);
                    io.stop();
                }}};

    // A client that reads slowly sees each agent's newest status, not all of them.
    hub.configure_topic("agents.*", {.when_full = kb::WhenFull::conflate});
    kb::Channels channels{hub, kb::protocol::Json{}, kb::ChannelOptions{.ping_interval = options.ping_interval}};
    channels.configure("agents.*", {.history = kb::HistoryOptions{.events = 32}, .retain = true});
    channels.configure(rs::GuardedEngine::topics, {.retain = true});
    channels.configure(rs::Figures::topic, {.retain = true});
    channels.method("agents.list", guarded.list_method());
    channels.method("agents.status", guarded.status_method());
    channels.method("system.breakers", [&](const kb::Call& call) { call.reply(guarded.stats()); });
    channels.method("system.breaker_changes", [&](const kb::Call& call) { call.reply(guarded.announcer().changes().json()); });
    channels.method("system.connections", [&](const kb::Call& call) { call.reply(rs::connections_of(hub)); });
    channels.method("system.disconnects", [&](const kb::Call& call) { call.reply(clients.disconnects().json()); });
    const rs::Outlet::Into into{outlet, channels};
    rs::Figures figures{io, outlet, [&hub] { return hub.stats(); }};

    hub.on_request([&](const kb::HttpRequest& request) {
        if (auto asset = assets.answer(request)) return *std::move(asset);
        return answer_http(request, origins.allowed(), gate, [&] {
            if (request.path() == "/metrics") return metrics.answer(request, hub.stats(), channels.stats(), guarded.breakers());
            return rs::answer(request, figures, engine.status(), monitor.status(), guarded);
        });
    });

    asio::signal_set signals{io, SIGINT, SIGTERM};
    signals.async_wait([&](std::error_code error, int number) {
        if (error) return;
        spdlog::info("signal {}: draining within {}", number, rs::to_text(options.drain_deadline));
        hub.drain({.deadline = options.drain_deadline});
    });

    asio::signal_set renewed{io, SIGHUP};
    std::function<void()> await_renewal = [&] {
        renewed.async_wait([&](std::error_code error, int) {
            if (error) return;
            try {
                // All of it or nothing: whatever throws comes before the first change.
                example::Gate fresh{options.access};
                reload(transport);
                gate = std::move(fresh);
                spdlog::info("SIGHUP: keys and certificate are those of the files now");
            } catch (const std::exception& failure) {
                spdlog::error("SIGHUP: what was in use stays so: {}", failure.what());
            }
            await_renewal();
        });
    };
    await_renewal();

    asio::co_spawn(io, engine.run(), rethrow);
    asio::co_spawn(io, monitor.run(), rethrow);
    asio::co_spawn(io, figures.run(), rethrow);
    std::cout << "listening on " << (options.access.has_tls() ? "wss://" : "ws://")
              << rs::to_text(rs::Address{options.listen.host, transport.port()}) << std::endl;
    io.run();
}

}  // namespace

int main(int argc, char** argv) try {
    const rs::Options options = rs::read_options(argc, argv);
    spdlog::set_default_logger(spdlog::stderr_color_mt("reference_server"));
    spdlog::set_pattern("%Y-%m-%dT%H:%M:%S.%e%z %l %v");
    spdlog::set_level(spdlog::level::from_str(options.log_level));

    namespace transport = kb::transport;
    const auto& [host, port] = options.listen;
    const auto nothing = [](auto&) {};
    const auto reload = [](auto& server) { server.reload(); };
    const transport::NativeOptions native{.address = host, .port = port, .max_message = options.max_message};
    if (options.transport == "native" && options.access.has_tls()) {
        serve(
            options,
            [&](auto& io) {
                return transport::Native{io, native, kb::tls::OpenSsl{options.access.tls()}};
            },
            reload);
    } else if (options.transport == "native") {
        serve(
            options,
            [&](auto& io) {
                return transport::Native{io, native};
            },
            nothing);
    } else {
        transport::WebsocketppOptions compatible{.address = host, .port = port, .max_message = options.max_message};
        if (options.access.has_tls()) compatible.tls = options.access.tls();
        serve(
            options,
            [&](auto& io) {
                return transport::Websocketpp{io, compatible};
            },
            reload);
    }
    return 0;
} catch (const rs::ExitNow& exit) {
    (exit.code == 0 ? std::cout : std::cerr) << exit.what();
    return exit.code;
} catch (const std::exception& error) {
    std::cerr << "reference_server: " << error.what() << '\n';
    return 1;
}
