#include <kingbolt/security/awaitable_authenticator.hpp>

#include <asio/io_context.hpp>
#include <asio/steady_timer.hpp>
#include <asio/this_coro.hpp>
#include <asio/thread_pool.hpp>
#include <asio/use_awaitable.hpp>

#include <atomic>
#include <chrono>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include "support/catch.hpp"

using namespace kingbolt;
using namespace std::chrono_literals;

namespace {

struct Answers {
    std::vector<Authentication> all;
    AuthenticationDone note() {
        return [this](Authentication answer) { all.push_back(std::move(answer)); };
    }
};

const HttpRequest request{.method = "GET", .target = "/anna"};

asio::awaitable<Authentication> by_target(HttpRequest shown) {
    co_await asio::steady_timer{co_await asio::this_coro::executor, 0s}.async_wait(asio::use_awaitable);
    co_return Authentication::accept({.subject = shown.target});
}

/// Waits for ever, and notes how it ended.
auto endless(bool& cancelled) {
    return [&cancelled](HttpRequest) -> asio::awaitable<Authentication> {
        try {
            co_await asio::steady_timer{co_await asio::this_coro::executor, 24h}.async_wait(asio::use_awaitable);
        } catch (const std::system_error& ended) {
            cancelled = ended.code() == asio::error::operation_aborted;
            throw;
        }
        co_return Authentication::missing();
    };
}

}  // namespace

TEST_CASE("what the coroutine answers is the answer, given once and never from within the call") {
    asio::io_context io;
    Answers answers;
    AwaitableAuthenticator authenticator{io.get_executor(), by_target};
    const CancelAuthentication cancel = authenticator.async_authenticate(request, answers.note());
    CHECK(answers.all.empty());
    io.run();
    REQUIRE(answers.all.size() == 1);
    CHECK(answers.all[0].identity->subject == "/anna");
    cancel();  // too late, and harmless
    io.restart();
    io.run();
    CHECK(answers.all.size() == 1);
}

TEST_CASE("what the coroutine throws is a refusal that says what it was, on one harmless line") {
    asio::io_context io;
    Answers answers;
    AwaitableAuthenticator failing{io.get_executor(), [](HttpRequest shown) -> asio::awaitable<Authentication> {
                                       if (shown.target == "/7") throw 7;
                                       throw std::runtime_error{"no database\nat all"};
                                       co_return Authentication::missing();
                                   }};
    const auto first = failing.async_authenticate(request, answers.note());
    io.run();
    const auto second = failing.async_authenticate({.target = "/7"}, answers.note());
    io.restart();
    io.run();
    REQUIRE(answers.all.size() == 2);
    CHECK_FALSE(answers.all[0]);
    CHECK(answers.all[0].detail == R"(the authenticator failed: "no database\x0aat all")");
    CHECK(answers.all[1].detail == "the authenticator failed");
}

TEST_CASE("an answer that is not wanted any more is cancelled and not given") {
    asio::io_context io;
    Answers answers;
    bool cancelled = false;
    AwaitableAuthenticator authenticator{io.get_executor(), endless(cancelled)};
    SECTION("by a call") {
        const CancelAuthentication cancel = authenticator.async_authenticate(request, answers.note());
        io.poll();
        cancel();
        CHECK_FALSE(cancelled);
        io.run_for(5s);
    }
    SECTION("before it has begun") {
        authenticator.async_authenticate(request, answers.note())();
        io.run_for(5s);
        cancelled = true;  // the coroutine may never have come to its wait
    }
    SECTION("by the end of the last copy") {
        {
            std::optional<CancelAuthentication> copy;
            {
                const CancelAuthentication cancel = authenticator.async_authenticate(request, answers.note());
                copy = cancel;
            }
            io.poll();
            CHECK_FALSE(cancelled);
        }
        io.run_for(5s);
    }
    CHECK(cancelled);
    CHECK(io.stopped());
    CHECK(answers.all.empty());
}

TEST_CASE("tokens are refreshed by a coroutine of their own, and refused where there is none") {
    asio::io_context io;
    Answers answers;
    AwaitableAuthenticator both{io.get_executor(), by_target, [](std::string token) -> asio::awaitable<Authentication> {
                                    co_return Authentication::accept({.subject = token});
                                }};
    AwaitableAuthenticator one{io.get_executor(), by_target};
    const auto first = both.async_refresh("t", answers.note());
    const auto second = one.async_refresh("t", answers.note());
    io.run();
    REQUIRE(answers.all.size() == 2);
    CHECK(answers.all[0].identity->subject == "t");
    CHECK(answers.all[1].detail == "tokens are not refreshed");
}

TEST_CASE("the authenticator may go before its answers, and an executor that is destroyed takes them with it") {
    auto io = std::make_unique<asio::io_context>();
    Answers answers;
    const auto start = [&] {
        auto kept = std::make_shared<std::string>("anna");
        AwaitableAuthenticator authenticator{
            io->get_executor(), [kept](HttpRequest) -> asio::awaitable<Authentication> {
                co_await asio::steady_timer{co_await asio::this_coro::executor, 0s}.async_wait(asio::use_awaitable);
                co_return Authentication::accept({.subject = *kept});
            }};
        return authenticator.async_authenticate(request, answers.note());
    };
    const CancelAuthentication first = start();
    io->run();
    REQUIRE(answers.all.size() == 1);
    CHECK(answers.all[0].identity->subject == "anna");
    const CancelAuthentication second = start();
    io.reset();
    CHECK(answers.all.size() == 1);
}

TEST_CASE("nobody in particular is accused, and tokens are taken out of requests") {
    asio::io_context io;
    AwaitableAuthenticator authenticator{io.get_executor(), by_target, NoRefresh{}, {.cookie = "session"}};
    CHECK(authenticator.account(request).empty());
    UpgradeRequest shown;
    shown.headers = {{"Authorization", "Bearer t"}, {"Cookie", "session=t"}};
    authenticator.redact(shown);
    CHECK(shown.headers == HttpHeaders{{"Cookie", "session="}});
    CHECK_THROWS_AS((AwaitableAuthenticator{io.get_executor(), by_target, NoRefresh{}, {.cookie = "a b"}}), InvalidOption);
}

TEST_CASE("answers and cancellations may meet on several threads: each answer comes at most once") {
    asio::thread_pool pool{2};
    std::atomic<int> given = 0;
    std::vector<std::unique_ptr<std::atomic<int>>> each;
    AwaitableAuthenticator authenticator{pool.get_executor(), by_target};
    int kept = 0;
    std::vector<CancelAuthentication> wanted;
    for (int i = 0; i < 1'000; ++i) {
        auto& count = *each.emplace_back(std::make_unique<std::atomic<int>>(0));
        CancelAuthentication cancel = authenticator.async_authenticate(request, [&](const Authentication&) {
            ++count;
            ++given;
        });
        if (i % 2 == 0) {
            cancel();
        } else {
            ++kept;
            wanted.push_back(std::move(cancel));
        }
    }
    pool.join();
    CHECK(given >= kept);
    for (std::size_t i = 0; i < each.size(); ++i) CHECK(*each[i] <= 1);
    for (std::size_t i = 1; i < each.size(); i += 2) CHECK(*each[i] == 1);
}
