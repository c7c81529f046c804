#include "record.hpp"

#include <rapidjson/prettywriter.h>
#include <rapidjson/stringbuffer.h>

#include <ctime>
#include <optional>
#include <ostream>
#include <string_view>

namespace hubload {
namespace {

class Json {
public:
    Json() {
        writer_.SetIndent(' ', 1);
        writer_.SetFormatOptions(rapidjson::kFormatSingleLineArray);
        writer_.SetMaxDecimalPlaces(3);
    }

    void value(std::uint64_t number) { writer_.Uint64(number); }
    void value(double number) { writer_.Double(number); }
    void value(bool is_so) { writer_.Bool(is_so); }
    void value(std::string_view text) { writer_.String(text.data(), static_cast<rapidjson::SizeType>(text.size())); }
    template <class T>
    void value(const std::optional<T>& perhaps) {
        if (perhaps)
            value(*perhaps);
        else
            writer_.Null();
    }

    template <class T>
    void add(std::string_view key, const T& what) {
        name(key);
        value(what);
    }
    template <class Write>
    void object(std::string_view key, Write&& write) {
        name(key);
        object(write);
    }
    template <class Write>
    void object(Write&& write) {
        writer_.StartObject();
        write();
        writer_.EndObject();
    }
    /// `write(one)` writes each of them.
    template <class Range, class Write>
    void list(std::string_view key, const Range& range, Write&& write) {
        name(key);
        writer_.StartArray();
        for (const auto& one : range) write(one);
        writer_.EndArray();
    }
    void pair(double first, std::uint64_t second) {
        writer_.StartArray();
        value(first);
        value(second);
        writer_.EndArray();
    }

    std::string_view text() const { return {text_.GetString(), text_.GetSize()}; }

private:
    void name(std::string_view key) { writer_.Key(key.data(), static_cast<rapidjson::SizeType>(key.size())); }

    rapidjson::StringBuffer text_;
    rapidjson::PrettyWriter<rapidjson::StringBuffer> writer_{text_};
};

double as_ms(std::chrono::nanoseconds time) { return static_cast<double>(time.count()) / 1e6; }

std::string in_utc(std::chrono::system_clock::time_point time) {
    const std::time_t seconds = std::chrono::system_clock::to_time_t(time);
    std::tm parts{};
    gmtime_r(&seconds, &parts);
    std::string text(20, '\0');
    std::strftime(text.data(), text.size() + 1, "%Y-%m-%dT%H:%M:%SZ", &parts);
    return text;
}

void add_quantiles(Json& json, std::string_view key, const bench::Latencies& latencies) {
    json.object(key, [&] {
        json.add("p50", as_ms(latencies.quantile(0.5)));
        json.add("p90", as_ms(latencies.quantile(0.9)));
        json.add("p99", as_ms(latencies.quantile(0.99)));
        json.add("p999", as_ms(latencies.quantile(0.999)));
        json.add("p9999", as_ms(latencies.quantile(0.9999)));
        json.add("max", as_ms(latencies.max()));
    });
}

void add_scenario(Json& json, const Scenario& scenario) {
    json.add("name", std::string_view{scenario.name});
    json.add("about", std::string_view{scenario.about});
    json.add("clients", std::uint64_t{scenario.clients});
    json.add("idle_clients", std::uint64_t{scenario.idle_clients});
    json.add("topics", std::uint64_t{scenario.topics});
    json.add("events_per_second", scenario.events_per_second);
    json.add("bytes", std::uint64_t{scenario.bytes});
    json.add("warm_up_seconds", static_cast<std::uint64_t>(scenario.warm_up.count()));
    json.add("seconds", static_cast<std::uint64_t>(scenario.length.count()));
    json.add("reconnects_per_second", scenario.reconnects_per_second);
    json.object("limits", [&] {
        json.add("disconnects", scenario.limits.disconnects);
        json.add("lost", scenario.limits.lost);
        json.add("duplicates", scenario.limits.duplicates);
        json.add("reordered", scenario.limits.reordered);
        json.add("p99_ms", scenario.limits.p99_ms);
        json.add("memory_kib_per_minute", scenario.limits.memory_kib_per_minute);
    });
}

void add_result(Json& json, const Result& result) {
    json.object("totals", [&] {
        json.add("due", result.due);
        json.add("published", result.published);
        json.add("received", result.received);
        json.add("lost", result.lost);
        json.add("duplicates", result.duplicates);
        json.add("reordered", result.reordered);
        json.add("disconnects", result.disconnects);
        json.add("reconnects", result.reconnects);
        json.add("absent", result.absent);
    });
    json.object("reasons", [&] {
        for (const auto& [reason, count] : result.reasons) json.add(reason, count);
    });
    add_quantiles(json, "latency_ms", result.latencies);
    add_quantiles(json, "publisher_lag_ms", result.lag);
    if (const auto line = result.memory_line()) {
        json.object("memory_line", [&] {
            json.add("kib_per_minute", line->slope / 1024);
            json.add("standard_error", line->standard_error / 1024);
            json.add("kib_at_start", line->at_zero / 1024);
        });
    }
    json.object("seconds_of_it", [&] {
        const auto column = [&](std::string_view key, auto figure) {
            json.list(key, result.samples, [&](const Sample& sample) { json.value(figure(sample)); });
        };
        const auto latency = [&](std::string_view key, double Sample::*which) {
            column(key, [which](const Sample& sample) { return sample.events != 0 ? std::optional{sample.*which} : std::nullopt; });
        };
        column("at", [](const Sample& sample) { return sample.at; });
        column("events", [](const Sample& sample) { return sample.events; });
        latency("p50_ms", &Sample::p50);
        latency("p99_ms", &Sample::p99);
        latency("p999_ms", &Sample::p999);
        latency("max_ms", &Sample::max);
        column("memory_kib", [](const Sample& sample) {
            return sample.memory ? std::optional{static_cast<std::uint64_t>(*sample.memory / 1024)} : std::nullopt;
        });
        column("cpu_percent", [](const Sample& sample) { return sample.cpu; });
        column("own_cpu_percent", [](const Sample& sample) { return sample.own_cpu; });
    });
    std::vector<std::pair<double, std::uint64_t>> buckets;
    result.latencies.for_each_bucket([&](auto upper, std::uint64_t count) { buckets.emplace_back(as_ms(upper), count); });
    json.list("histogram_ms", buckets, [&](const auto& bucket) { json.pair(bucket.first, bucket.second); });
}

}  // namespace

void write_json(std::ostream& out, const std::vector<Played>& all) {
    Json json;
    json.object([&] {
        json.list("scenarios", all, [&](const Played& played) {
            json.object([&] {
                add_scenario(json, played.scenario);
                json.add("server", std::string_view{played.circumstances.server});
                json.add("started", std::string_view{in_utc(played.circumstances.started)});
                json.list("load_average", played.circumstances.load_average, [&](double average) { json.value(average); });
                json.add("interrupted", played.result.interrupted);
                json.add("passed", played.complaints.empty());
                json.list("complaints", played.complaints, [&](const std::string& line) { json.value(std::string_view{line}); });
                add_result(json, played.result);
            });
        });
    });
    out << json.text() << '\n';
}

}  // namespace hubload
