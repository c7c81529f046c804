// The reference server: agent status monitoring. It asks an RPC engine (../engine/engine.py) for the agents' status and streams
// what changes to WebSocket clients, each of which subscribes to the topics that it wants.
//
// Proves: everything that kingbolt does, put together for real input: keep-alive, topics, bounded queues, plain HTTP on the same
// port, a reason for each disconnect, a drain on SIGTERM that tells every client when to come back, and circuit breakers: an engine that
// dies, hangs or talks nonsense costs nobody more than freshness, and clients see when it is called again. Who is asked for a token
// (--jwt-key-file) comes in with a good one, does what its scopes say, and brings a new one before that expires.
// Does not prove: that the tokens are issued with care.

#include "../common/access.hpp"
#include "clients.hpp"
#include "engine_client.hpp"
#include "envelope.hpp"
#include "guarded_engine.hpp"
#include "http.hpp"
#include "monitor.hpp"
#include "options.hpp"
#include "outlet.hpp"
#include "units.hpp"

#include <kingbolt/hub.hpp>
#include <kingbolt/policy/cors.hpp>
#include <kingbolt/policy/memory_budget.hpp>
#include <kingbolt/tls/openssl.hpp>
#include <kingbolt/transport/native.hpp>
#include <kingbolt/transport/websocketpp.hpp>

#include <asio/co_spawn.hpp>
#include <asio/io_context.hpp>
#include <asio/signal_set.hpp>

#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/spdlog.h>

#include <chrono>
#include <csignal>
#include <exception>
#include <functional>
#include <iostream>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <unordered_map>
#include <utility>
#include <variant>

namespace kb = kingbolt;
namespace rs = reference_server;

namespace {

template <class... Cases>
struct Match : Cases... {
    using Cases::operator()...;
};

/// Whether a call may be worth repeating.
bool may_retry(kb::ReplyReason reason) { return reason != kb::ReplyReason::cancelled; }

/// A reply of the engine as the frame that answers call `id`.
template <class T, class ToJson>
std::string to_frame(std::uint64_t id, const kb::Reply<T>& reply, ToJson to_json) {
    if (reply) return rs::answer_frame(id, to_json(*reply), reply.stale() ? std::optional{reply.age()} : std::nullopt);
    if (rs::EngineError::code_of(reply.exception()) == rs::EngineError::no_such_agent)
        return rs::call_error_frame(id, "no_such_agent", "there is no such agent", false, {});
    return rs::call_error_frame(id, to_string(reply.reason()), reply.error().message(), may_retry(reply.reason()), reply.retry_after());
}

asio::awaitable<std::string> answer_call(rs::GuardedEngine& engine, rs::Call call) {
    if (call.method == "agents.status") {
        const auto reply = co_await engine.status(call.agent);
        co_return to_frame(call.id, reply, [](const rs::AgentStatus& agent) { return rs::to_json(agent); });
    }
    const auto reply = co_await engine.list();
    co_return to_frame(call.id, reply, [](const rs::SharedList& list) -> const std::string& { return list->json; });
}

/// Ends the loop with the exception that ended a coroutine.
constexpr auto rethrow = [](std::exception_ptr error) {
    if (error) std::rethrow_exception(error);
};

/// What clients ask for. Each message gets an answer; that to a call comes when the engine's has, or cannot come.
template <class Hub>
class Desk {
public:
    Desk(asio::io_context& io, Hub& hub, rs::GuardedEngine& engine) : io_{io}, hub_{hub}, engine_{engine} {}

    void obey(kb::Session& client, kb::Message message) {
        const auto reply = [&client](std::string_view verb, const std::string& topic, std::error_code error) {
            client.send(error ? rs::error_frame("refused", topic + ": " + error.message()) : rs::reply_frame(verb, topic));
        };
        std::visit(
            Match{[&](const rs::Subscribe& wish) {
                      const std::error_code error = client.subscribe(wish.topic);
                      reply("subscribe", wish.topic, error);
                      if (!error) tell_of_breakers(client, wish.topic);
                  },
                  [&](const rs::Unsubscribe& wish) {
                      client.unsubscribe(wish.topic);
                      reply("unsubscribe", wish.topic, {});
                  },
                  [&](const rs::Call& call) {
                      if (!client.permits(kb::Action::call, call.method))
                          client.send(rs::call_error_frame(call.id, "not_permitted", "no scope says call:" + call.method, false, {}));
                      else
                          spawn_answer(client, call);
                  },
                  [&](const rs::Refresh& wish) {
                      client.refresh(wish.token, [&](std::error_code error) {
                          client.send(error ? rs::call_error_frame(wish.id, "refused", error.message(), false, {})
                                            : rs::answer_frame(wish.id, "{}", std::nullopt));
                      });
                  },
                  [&](const rs::Refusal& refusal) { client.send(rs::error_frame(refusal.code, refusal.message)); }},
            rs::read_command(message));
    }

private:
    /// Who comes while a breaker is open must not have to wait for its next change to know.
    void tell_of_breakers(kb::Session& client, std::string_view wish) const {
        if (wish != rs::GuardedEngine::topic && wish != "system.*") return;
        for (const auto& [breaker, frame] : engine_.announcer().last()) client.send(frame);
    }

    void spawn_answer(kb::Session& client, const rs::Call& call) {
        unsigned& waiting = waiting_[client.id()];
        if (waiting == most_waiting) {
            client.send(rs::call_error_frame(call.id, "too_many_calls", "others have to be answered first", true, {}));
            return;
        }
        ++waiting;
        asio::co_spawn(io_, answer(client.id(), call), rethrow);
    }

    asio::awaitable<void> answer(kb::SessionId client, rs::Call call) {
        const std::string frame = co_await answer_call(engine_, std::move(call));
        if (const auto waiting = waiting_.find(client); --waiting->second == 0) waiting_.erase(waiting);
        hub_.send(client, frame);
    }

    // Calls of one client: the loop must not stand still when all the answers come at once.
    static constexpr unsigned most_waiting = 16;

    asio::io_context& io_;
    Hub& hub_;
    rs::GuardedEngine& engine_;
    std::unordered_map<kb::SessionId, unsigned> waiting_;  // calls that have no answer yet
};

/// What the server says to plain HTTP. Pages of the origins that are listed may read it; `/stats` wants a token where clients do.
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
    const auto started = std::chrono::steady_clock::now();
    const example::Origins origins{options.access};
    example::Gate gate{options.access};
    example::Permissions permissions{.open = gate.is_open()};
    rs::Outlet outlet;
    rs::Clients clients{outlet};
    rs::EngineClient engine{io, options.engine, options.rpc_timeout};
    rs::GuardedEngine guarded{io, engine, outlet, options};
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
                kb::On{[&io](const kb::event::Drained& drained) {
                    spdlog::info("drained, {} sessions by force", drained.forced);
                    io.stop();
                }}};

    // A client that reads slowly sees each agent's newest status, not all of them.
    hub.configure_topic("agents.*", {.when_full = kb::WhenFull::conflate});
    Desk desk{io, hub, guarded};
    // A browser that offers subprotocols, as it does to show a token, gives up when none is selected.
    hub.on_upgrade([](const kb::UpgradeRequest& request) {
        return kb::UpgradeResponse::accept(request.subprotocols.empty() ? std::string{} : request.subprotocols.front());
    });
    hub.on_message([&desk](kb::Session& client, kb::Message message) { desk.obey(client, message); });
    hub.on_request([&](const kb::HttpRequest& request) {
        return answer_http(request, origins.allowed(), gate, [&] {
            return rs::answer(request, hub.stats(), engine.status(), monitor.status(), guarded, std::chrono::steady_clock::now() - started);
        });
    });
    outlet.publish = [&hub](std::string_view topic, std::string_view event, std::string data, std::uint64_t key) {
        std::string frame;
        hub.publish(topic, [&](std::uint64_t sequence) { return frame = rs::event_frame(topic, event, sequence, data); }, {.key = key});
        return frame;
    };
    outlet.forget = [&hub](std::string_view topic) { hub.forget_topic(topic); };

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
                gate.reload();
                reload(transport);
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
