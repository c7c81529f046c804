#pragma once
// What scripts/make-certificates makes, once for each test program.

#include "support/temporary_folder.hpp"

#include <kingbolt/policy/tls_options.hpp>

#include <cstdlib>
#include <string>

namespace kingbolt::test {

class Certificates {
public:
    /// Made when first asked for.
    static const Certificates& get() {
        static const Certificates made;
        return made;
    }

    /// `server`, `other`, `ca` and so on: see the script.
    std::string certificate(const std::string& name) const { return folder_.file(name + ".pem"); }
    std::string key(const std::string& name) const { return folder_.file(name + ".key"); }
    TlsOptions options(const std::string& name = "server") const {
        return {.certificate_chain_file = certificate(name), .private_key_file = key(name)};
    }

private:
    Certificates() { REQUIRE(std::system((KINGBOLT_MAKE_CERTIFICATES " " + folder_.file("")).c_str()) == 0); }

    TemporaryFolder folder_;
};

}  // namespace kingbolt::test
