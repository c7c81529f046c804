// Loads a hub that speaks kingbolt.v1.json, as a file of scenarios says, and judges how it held.
//
//     hubload FILE [SCENARIO…] [--server COMMAND | --url URL [--token TOKEN] [--pid PID]] [--seconds N] [--out FILE]
//
// Exit code 0: all scenarios passed; 1: one did not; 2: one could not be played.

#include "progress.hpp"
#include "record.hpp"
#include "run.hpp"
#include "scenario.hpp"
#include "server_process.hpp"
#include "verdict.hpp"

#include <kingbolt/client/url.hpp>
#include <kingbolt/core/error.hpp>

#include <CLI/CLI.hpp>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>
#include <string>
#include <vector>

namespace {

using namespace hubload;

// With all policies on, whose limits are so wide that they never act, and `load.*` open for clients to publish to.
constexpr auto default_server = "fanout_server 0 fanout --channels";

struct Arguments {
    std::string file{}, server{}, url{}, token{}, out{};
    std::vector<std::string> names{};
    std::optional<pid_t> pid{};
    std::uint32_t seconds = 0;
};

void read_arguments(CLI::App& app, Arguments& a, int argc, char** argv) {
    app.add_option("FILE", a.file, "scenarios, as in benchmarks/hubload/scenarios.json")->required()->check(CLI::ExistingFile);
    app.add_option("SCENARIO", a.names, "those of the file to play; all unless named");
    auto* const url = app.add_option("--url", a.url, "a hub that is running, ws://HOST:PORT/PATH");
    app.add_option("--server", a.server,
                   "starts this for each scenario; its first line has to end with its port on 127.0.0.1\n"
                   "(default: " +
                       std::string{default_server} + ", from the folder of this program)")
        ->type_name("COMMAND")
        ->excludes(url);
    app.add_option("--token", a.token, "shows that hub who the clients are")->needs(url);
    app.add_option("--pid", a.pid, "of that hub, if it is not found by its port")->needs(url)->check(CLI::PositiveNumber);
    app.add_option("--seconds", a.seconds, "to measure, instead of what the file says")->check(CLI::Range(1, 604'800))->type_name("N");
    app.add_option("--out", a.out, "write all figures to this JSON file")->type_name("FILE");
    app.parse(argc, argv);
    if (!a.url.empty() && kingbolt::client::parse_url(a.url).secure)
        throw kingbolt::InvalidOption{"--url", '"' + a.url + '"', "ws://…", "wss is not measured: load the hub behind the TLS"};
}

std::vector<Scenario> chosen_scenarios(const Arguments& a) {
    std::ifstream file{a.file};
    const std::string text{std::istreambuf_iterator<char>{file}, {}};
    std::vector<Scenario> chosen;
    std::vector<Scenario> all = read_scenarios(text);
    for (const std::string& name : a.names)
        if (std::ranges::find(all, name, &Scenario::name) == all.end())
            throw kingbolt::InvalidOption{"SCENARIO", '"' + name + '"', "a name of the file", "the first is " + all.front().name};
    for (Scenario& scenario : all) {
        if (!a.names.empty() && std::ranges::find(a.names, scenario.name) == a.names.end()) continue;
        if (a.seconds != 0) scenario.length = std::chrono::seconds{a.seconds};
        chosen.push_back(std::move(scenario));
    }
    return chosen;
}

/// The process that listens there, where it can be known.
std::optional<pid_t> find_server(const std::string& url) {
    const auto where = kingbolt::client::parse_url(url);
    const bool is_here = where.host.starts_with("127.") || where.host == "::1" || where.host == "localhost";
    return is_here ? listening_at(static_cast<std::uint16_t>(std::stoul(where.port))) : std::nullopt;
}

double load_average() {
    double average = 0;
    return getloadavg(&average, 1) == 1 ? average : 0;
}

Played play_one(const Scenario& scenario, const Arguments& a) {
    Target target{.url = a.url, .token = a.token, .pid = a.pid};
    Circumstances circumstances{.server = a.url, .started = std::chrono::system_clock::now(), .load_average = {load_average(), 0}};
    std::optional<ServerProcess> server;
    if (a.url.empty()) {
        circumstances.server = a.server.empty() ? default_server : a.server;
        const std::string folder = std::filesystem::read_symlink("/proc/self/exe").parent_path();
        server.emplace(a.server.empty() ? '"' + folder + "\"/" + default_server : a.server);
        target.url = server->url();
        target.pid = server->pid();
    } else if (!target.pid) {
        target.pid = find_server(a.url);
    }
    Progress progress{scenario};
    Result result = play(scenario, target,
                         {.on_coming = [&](std::size_t there, std::size_t of) { progress.coming(there, of); },
                          .on_playing = [&] { progress.playing(); },
                          .on_second = [&](const Sample& sample) { progress.second(sample); }});
    progress.done();
    circumstances.load_average[1] = load_average();
    auto wrong = complaints(scenario.limits, result);
    return {scenario, std::move(circumstances), std::move(result), std::move(wrong)};
}

void print(const Played& played) {
    std::printf("%s: %s. %s\n", played.scenario.name.c_str(), played.complaints.empty() ? "passed" : "FAILED",
                in_words(played.result).c_str());
    for (const std::string& complaint : played.complaints) std::printf("  %s\n", complaint.c_str());
    for (const auto& [reason, count] : played.result.reasons)
        std::printf("  %llu × %s\n", static_cast<unsigned long long>(count), reason.c_str());
    std::fflush(stdout);
}

int run(const Arguments& a) {
    const auto scenarios = chosen_scenarios(a);
    std::vector<Played> all;
    const auto keep = [&] {
        if (a.out.empty()) return;
        std::ofstream out{a.out};
        write_json(out, all);
        if (!out.flush()) throw std::runtime_error{"cannot write " + a.out};
    };
    for (const Scenario& scenario : scenarios) {
        all.push_back(play_one(scenario, a));
        print(all.back());
        keep();
        if (all.back().result.interrupted) break;
    }
    return std::ranges::all_of(all, [](const Played& played) { return played.complaints.empty(); }) ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
    CLI::App app{"Loads a hub that speaks kingbolt.v1.json, and judges how it holds"};
    Arguments arguments;
    try {
        read_arguments(app, arguments, argc, argv);
        return run(arguments);
    } catch (const CLI::ParseError& problem) {
        return app.exit(problem) == 0 ? 0 : 2;
    } catch (const std::exception& error) {
        std::fprintf(stderr, "hubload: %s\n", error.what());
        return 2;
    }
}
