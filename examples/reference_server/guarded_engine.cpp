#include "guarded_engine.hpp"

#include "json_object.hpp"
#include "units.hpp"

#include <asio/co_spawn.hpp>
#include <asio/detached.hpp>

#include <spdlog/spdlog.h>

#include <exception>
#include <optional>
#include <utility>

namespace reference_server {
namespace {

/// Throws EngineError.
const rapidjson::Value& result_of(const EngineReply& reply) {
    if (!reply) throw EngineError{reply.problem, reply.error_code};
    return reply.result();
}

std::string to_json(const kingbolt::event::BreakerChanged& change) {
    JsonObject data;
    // What an application calls it: the breaker opened, or it is closed.
    data.add("breaker", change.breaker)
        .add("state", change.to == kingbolt::BreakerState::open ? "opened" : to_string(change.to))
        .add("reason", to_string(change.reason))
        .add("generation", change.generation)
        .add("failures", change.counts.failures)
        .add("rejected", change.counts.rejected);
    if (change.to == kingbolt::BreakerState::open) data.add("retry_after_ms", kingbolt::milliseconds(change.retry_after));
    return data.take();
}

}  // namespace

void Announcer::operator()(const kingbolt::event::BreakerChanged& change) {
    const auto level = change.to == kingbolt::BreakerState::open ? spdlog::level::warn : spdlog::level::info;
    spdlog::log(level, "circuit_breaker name={} from={} to={} reason={} generation={} failures={} rejected={} late={} retry_after={}",
                change.breaker, to_string(change.from), to_string(change.to), to_string(change.reason), change.generation,
                change.counts.failures, change.counts.rejected, change.counts.late_results, to_text(change.retry_after));
    std::string frame = outlet_.publish(GuardedEngine::topic, "circuit_breaker", to_json(change), 0);
    latest_.push_back(frame);
    if (latest_.size() > kept) latest_.pop_front();
    last_[change.breaker] = std::move(frame);
}

asio::awaitable<SharedList> GuardedEngine::List::operator()() const {
    const EngineReply reply = co_await engine.call("agents.list");
    const rapidjson::Value& result = result_of(reply);
    if (!result.IsObject() || !result.HasMember("agents") || !result["agents"].IsArray())
        throw EngineError{"agents.list did not answer with a list of agents", EngineError::bad_answer};
    auto list = std::make_shared<AgentList>();
    list->json = "[";
    for (const auto& value : result["agents"].GetArray()) {
        if (auto agent = read_agent(value)) {
            list->json += (list->json.size() > 1 ? "," : "") + to_json(*agent);
            list->agents.push_back(std::move(*agent));
        } else {
            ++list->ignored;
        }
    }
    list->json += ']';
    co_return list;
}

asio::awaitable<AgentStatus> GuardedEngine::Status::operator()(std::string id) const {
    const EngineReply reply = co_await engine.call("agents.status", JsonObject{}.add("id", id).take());
    auto agent = read_agent(result_of(reply));
    if (!agent) throw EngineError{"agents.status did not answer with an agent", EngineError::bad_answer};
    co_return *std::move(agent);
}

template <class Method>
GuardedEngine::Guarded<Method> GuardedEngine::guard(const char* name, Method method, Announcer& announcer, const Options& options) {
    return Guarded<Method>{std::move(method),
                           kingbolt::BreakerName{name},
                           {.threshold = options.breaker_threshold, .open_for = options.breaker_open_for},
                           {.permitted = options.breaker_probes, .needed = options.breaker_probes},
                           kingbolt::Timeout{options.rpc_timeout},
                           {.max_age = options.stale_max_age},
                           {},
                           {},
                           announcer};
}

GuardedEngine::GuardedEngine(asio::io_context& io, EngineClient& engine, const Outlet& outlet, const Options& options)
    : announcer_{outlet},
      list_{guard("agents.list", List{engine}, announcer_, options)},
      status_{guard("agents.status", Status{engine}, announcer_, options)} {
    // Clients see a breaker become half-open though nobody calls.
    asio::co_spawn(io, list_.watch(), asio::detached);
    asio::co_spawn(io, status_.watch(), asio::detached);
}

int EngineError::code_of(const std::exception_ptr& exception) noexcept {
    if (!exception) return 0;
    try {
        std::rethrow_exception(exception);
    } catch (const EngineError& error) {
        return error.code;
    } catch (...) {
        return 0;
    }
}

}  // namespace reference_server
