// 13 · Client: a C++ program that talks to a hub in kingbolt.v1.json, as browsers do.
//
//     hub_client --url ws://127.0.0.1:9002/ --subscribe 'agents.*' --call agents.status --params '{"id":"7"}' --publish chat.lobby '"hi"'
//
// Proves: subscriptions outlive connections and say what was missed, a call has an answer or a reason within its deadline, a publication
// its number or a reason. Stop the server and start it again: the client comes back by itself, not too soon, and resumes. Does not prove:
// that what is lost can be had again. Whoever is told `recovered: false` has to fetch the state by other means.

#include <kingbolt/client.hpp>

#include <CLI/CLI.hpp>
#include <asio/awaitable.hpp>
#include <asio/co_spawn.hpp>
#include <asio/detached.hpp>
#include <asio/io_context.hpp>
#include <asio/signal_set.hpp>
#include <asio/use_awaitable.hpp>

#include <chrono>
#include <csignal>
#include <iostream>
#include <string>
#include <utility>
#include <vector>

namespace kb = kingbolt;
using namespace std::chrono_literals;

namespace {

struct Arguments {
    std::string url = "ws://127.0.0.1:9002/", token{}, method{}, params{};
    std::vector<std::string> topics{};
    std::pair<std::string, std::string> publication{};
};

asio::awaitable<void> ask(kb::Client& client, const Arguments& a) {
    if (!a.method.empty()) {
        const kb::client::CallResult answer = co_await client.async_call(a.method, a.params, 10s, asio::use_awaitable);
        if (!answer)
            std::cout << a.method << ": " << answer.failure.code << std::endl;
        else
            std::cout << a.method << ": " << answer.data << (answer.stale ? " (stale)" : "") << std::endl;
    }
    if (const auto& [topic, data] = a.publication; !topic.empty()) {
        const kb::client::PublishResult published = co_await client.async_publish(topic, "message", data, asio::use_awaitable);
        const std::string number = published.seq ? std::to_string(*published.seq) : "its number is given elsewhere";
        std::cout << "published to " << topic << ": " << (published ? number : published.failure.code) << std::endl;
    }
}

}  // namespace

int main(int argc, char** argv) try {
    Arguments a;
    CLI::App app;
    app.add_option("--url", a.url, "of the hub")->capture_default_str();
    app.add_option("--token", a.token, "shows who this is");
    app.add_option("--subscribe", a.topics, "topics and patterns")->type_name("TOPIC");
    app.add_option("--call", a.method, "a method of the hub")->type_name("METHOD");
    app.add_option("--params", a.params, "of the call")->type_name("JSON");
    app.add_option("--publish", a.publication, "publishes once")->type_name("TOPIC JSON");
    CLI11_PARSE(app, argc, argv);

    asio::io_context io;
    asio::signal_set signals{io, SIGINT, SIGTERM};
    // [client]
    kb::Client client{io.get_executor(), {.url = a.url, .token = a.token}};
    client.on({.on_state =
                   [](const kb::client::StateChanged& e) {
                       std::cout << to_string(e.state);
                       if (e.state == kb::client::State::waiting) std::cout << ' ' << kb::milliseconds(e.delay) << " ms: " << e.reason;
                       std::cout << std::endl;
                   },
               .on_stopped = [&signals](const kb::client::Stopped&) { signals.cancel(); }});  // nothing more to do: the loop ends
    for (const auto& topic : a.topics) {
        const auto error = client.subscribe(
            topic, {.on_event = [](const kb::client::Event& e) { std::cout << e.topic << ' ' << e.event << ' ' << e.data << std::endl; },
                    .on_subscribed =
                        [](const kb::client::Subscribed& e) {
                            if (e.recovered == false) std::cout << e.subscription << ": some events are lost" << std::endl;
                        },
                    .on_refused = [](const auto& e) { std::cout << e.subscription << ": " << e.failure.code << std::endl; }});
        if (error) std::cout << topic << ": " << error.message() << std::endl;
    }
    client.start();
    asio::co_spawn(io, ask(client, a), asio::detached);
    // [client]

    signals.async_wait([&client](std::error_code error, int) {
        if (!error) client.stop();
    });
    io.run();
} catch (const kb::InvalidOption& wrong) {
    std::cerr << wrong.what() << '\n';
    return 2;
}
