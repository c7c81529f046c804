#include <kingbolt/core/identity.hpp>

#include "support/catch.hpp"

TEST_CASE("an identity has the scopes it was given, each whole") {
    const kingbolt::Identity who{.subject = "ann", .scopes = {"subscribe:news.*", "call:echo"}};
    CHECK(who.has_scope("call:echo"));
    CHECK_FALSE(who.has_scope("call:"));
    CHECK_FALSE(who.has_scope("subscribe:news.today"));
}
