// The token of RFC 7515 A.1 was good in 2011, and is refused today for that alone.

#include <kingbolt/security/jwt.hpp>

#include <chrono>
#include <string>

int main() {
    namespace kb = kingbolt;
    const auto key =
        kb::engine::base64url_decoded("AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow");
    if (!key) return 1;
    const kb::HttpRequest request{
        .headers = {{"Authorization",
                     "Bearer eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9."
                     "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ."
                     "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"}}};
    const kb::KeySet keys{{kb::VerificationKey::from_secret(kb::JwtAlgorithm::hs256, *key)}};
    kb::JwtAuthenticator today{{.issuer = "joe"}, keys};
    if (today.authenticate(request).detail != "expired") return 2;
    kb::JwtAuthenticator then{{.issuer = "joe", .clock = [] { return kb::WallTime{std::chrono::seconds{1'300'819'000}}; }}, keys};
    return then.authenticate(request) ? 0 : 3;
}
