#pragma once
// The engine's methods, each behind a circuit breaker of its name. Whatever the engine does, a call comes back: with a live answer, with
// the last good one, or with the reason why there is neither. However many ask the same at the same time, the engine is asked once.

#include "engine_client.hpp"
#include "options.hpp"
#include "outlet.hpp"
#include "recent.hpp"
#include "roster.hpp"

#include <kingbolt/channels/call.hpp>
#include <kingbolt/circuit_breaker.hpp>
#include <kingbolt/metrics/breaker_metrics.hpp>

#include <asio/awaitable.hpp>
#include <asio/io_context.hpp>

#include <array>
#include <cstddef>
#include <exception>
#include <functional>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

namespace reference_server {

/// What a method of the engine throws. The code is the engine's own, 0 when it did not answer at all.
struct EngineError : std::runtime_error {
    EngineError(const std::string& problem, int of) : std::runtime_error(problem), code(of) {}
    int code;

    /// Of an EngineError; 0 for anything else.
    static int code_of(const std::exception_ptr& exception) noexcept;

    static constexpr int no_such_agent = -32001;
    static constexpr int bad_answer = -32000;  ///< this server's: the engine answered with something else than it should
};

struct AgentList {
    std::vector<AgentStatus> agents{};
    std::string json{};       ///< of all of them, as the `data` of an answer: one for all who ask
    std::size_t ignored = 0;  ///< malformed entries
};
using SharedList = std::shared_ptr<const AgentList>;

/// Hears of each change of a breaker: a log line, and an event `circuit_breaker` on the topic `system.breakers.<name>`.
class Announcer {
public:
    using slot = kingbolt::slot::observer;

    explicit Announcer(const Outlet& outlet) : outlet_{outlet} {}

    void operator()(const kingbolt::event::BreakerChanged& change);

    /// What has been told of all breakers.
    const Recent& changes() const noexcept { return changes_; }

private:
    const Outlet& outlet_;
    Recent changes_;
};

/// Loop thread only.
class GuardedEngine {
public:
    /// Each breaker has a topic of its own below.
    static constexpr auto topics = "system.breakers.*";

    GuardedEngine(asio::io_context& io, EngineClient& engine, const Outlet& outlet, kingbolt::metrics::BreakerMetrics& metrics,
                  const Options& options);

    asio::awaitable<kingbolt::Reply<SharedList>> list() { return list_(); }
    asio::awaitable<kingbolt::Reply<AgentStatus>> status(std::string id) { return status_(std::move(id)); }

    /// What clients call by the breakers' names: all agents, or the one that the params {"id":…} name.
    std::function<void(const kingbolt::Call&)> list_method();
    std::function<void(const kingbolt::Call&)> status_method();

    std::array<kingbolt::BreakerStats, 2> breakers() const { return {list_.stats(), status_.stats()}; }
    /// Of all breakers, as a JSON array.
    std::string stats() const;
    const Announcer& announcer() const noexcept { return announcer_; }

private:
    struct List {
        EngineClient& engine;
        asio::awaitable<SharedList> operator()() const;
    };
    struct Status {
        EngineClient& engine;
        asio::awaitable<AgentStatus> operator()(std::string id) const;
    };
    /// "There is no such agent" is an answer of an engine that works.
    struct NoSuchAgent {
        using slot = kingbolt::slot::classifier;
        template <class T>
        kingbolt::Classification operator()(const kingbolt::CallResult<T>& result) const {
            if (result.value != nullptr) return kingbolt::Classification::success;
            return EngineError::code_of(result.exception) == EngineError::no_such_agent ? kingbolt::Classification::negative
                                                                                        : kingbolt::Classification::failure;
        }
    };
    template <class Method>
    using Guarded =
        kingbolt::CircuitBreaker<Method, kingbolt::BreakerName, kingbolt::ConsecutiveFailures, kingbolt::Probing, kingbolt::Timeout,
                                 kingbolt::StaleCache, kingbolt::SingleFlight, NoSuchAgent, Announcer&, kingbolt::metrics::BreakerMetrics&>;
    template <class Method>
    static Guarded<Method> guard(const char* name, Method method, Announcer& announcer, kingbolt::metrics::BreakerMetrics& metrics,
                                 const Options& options);

    asio::io_context& io_;
    Announcer announcer_;
    Guarded<List> list_;
    Guarded<Status> status_;
};

}  // namespace reference_server
