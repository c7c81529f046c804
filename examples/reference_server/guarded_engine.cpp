#include "guarded_engine.hpp"

#include "json_object.hpp"
#include "units.hpp"

#include <kingbolt/circuit_breaker/guarded_method.hpp>

#include <asio/co_spawn.hpp>
#include <asio/detached.hpp>

#include <rapidjson/document.h>

#include <spdlog/spdlog.h>

#include <array>
#include <exception>
#include <optional>
#include <tuple>
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

std::string to_json(const kingbolt::BreakerStats& breaker) {
    JsonObject json;
    json.add("name", breaker.name)
        .add("state", to_string(breaker.state))
        .add("generation", breaker.generation)
        .add("consecutive_failures", breaker.consecutive_failures)
        .add("failures", breaker.counts.failures)
        .add("ignored", breaker.counts.ignored)
        .add("rejected", breaker.counts.rejected)
        .add("late_results", breaker.counts.late_results)
        .add("cached", breaker.cached);
    if (breaker.state == kingbolt::BreakerState::open) json.add("retry_after_ms", kingbolt::milliseconds(breaker.retry_after));
    return json.take();
}

/// What {"id":…} names.
std::optional<std::tuple<std::string>> agent_of(const kingbolt::Call& call) {
    rapidjson::Document params;
    params.Parse<rapidjson::kParseIterativeFlag>(call.params().data(), call.params().size());
    if (params.HasParseError() || !params.IsObject()) return std::nullopt;
    const auto id = params.FindMember("id");
    if (id == params.MemberEnd() || !id->value.IsString()) return std::nullopt;
    std::string agent{id->value.GetString(), id->value.GetStringLength()};
    return is_agent_id(agent) ? std::optional{std::tuple{std::move(agent)}} : std::nullopt;
}

}  // namespace

void Announcer::operator()(const kingbolt::event::BreakerChanged& change) {
    const auto level = change.to == kingbolt::BreakerState::open ? spdlog::level::warn : spdlog::level::info;
    spdlog::log(level, "circuit_breaker name={} from={} to={} reason={} generation={} failures={} rejected={} late={} retry_after={}",
                change.breaker, to_string(change.from), to_string(change.to), to_string(change.reason), change.generation,
                change.counts.failures, change.counts.rejected, change.counts.late_results, to_text(change.retry_after));
    const std::string data = to_json(change);
    outlet_.publish("system.breakers." + change.breaker, "circuit_breaker", data);
    changes_.add(data);
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
GuardedEngine::Guarded<Method> GuardedEngine::guard(const char* name, Method method, Announcer& announcer,
                                                    kingbolt::metrics::BreakerMetrics& metrics, const Options& options) {
    return Guarded<Method>{std::move(method),
                           kingbolt::BreakerName{name},
                           {.threshold = options.breaker_threshold, .open_for = options.breaker_open_for},
                           {.permitted = options.breaker_probes, .needed = options.breaker_probes},
                           kingbolt::Timeout{options.rpc_timeout},
                           {.max_age = options.stale_max_age},
                           {},
                           {},
                           announcer,
                           metrics};
}

GuardedEngine::GuardedEngine(asio::io_context& io, EngineClient& engine, const Outlet& outlet, kingbolt::metrics::BreakerMetrics& metrics,
                             const Options& options)
    : io_{io},
      announcer_{outlet},
      list_{guard("agents.list", List{engine}, announcer_, metrics, options)},
      status_{guard("agents.status", Status{engine}, announcer_, metrics, options)} {
    // Clients see a breaker become half-open though nobody calls.
    asio::co_spawn(io, list_.watch(), asio::detached);
    asio::co_spawn(io, status_.watch(), asio::detached);
}

std::function<void(const kingbolt::Call&)> GuardedEngine::list_method() {
    const auto no_params = [](const kingbolt::Call&) { return std::optional{std::tuple{}}; };
    const auto json = [](const SharedList& list) -> const std::string& { return list->json; };
    return kingbolt::guarded(io_.get_executor(), list_, no_params, json);
}

std::function<void(const kingbolt::Call&)> GuardedEngine::status_method() {
    const auto json = [](const AgentStatus& agent) { return to_json(agent); };
    const auto explain = [](const kingbolt::Reply<AgentStatus>& reply) -> std::optional<kingbolt::MethodError> {
        if (EngineError::code_of(reply.exception()) != EngineError::no_such_agent) return std::nullopt;
        return kingbolt::MethodError{"no_such_agent", "there is no such agent"};
    };
    return kingbolt::guarded(io_.get_executor(), status_, agent_of, json, explain);
}

std::string GuardedEngine::stats() const { return json_array(std::array{to_json(list_.stats()), to_json(status_.stats())}); }

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
