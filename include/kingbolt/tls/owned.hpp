#pragma once
// OpenSSL's objects, owned.

#include <openssl/bio.h>
#include <openssl/ssl.h>

#include <memory>

namespace kingbolt::tls {

struct Free {
    void operator()(BIO_METHOD* method) const noexcept { BIO_meth_free(method); }
    void operator()(SSL* connection) const noexcept { SSL_free(connection); }
    void operator()(SSL_CTX* context) const noexcept { SSL_CTX_free(context); }
};

/// An object of OpenSSL's, freed by its own function.
template <class T>
using Owned = std::unique_ptr<T, Free>;

}  // namespace kingbolt::tls
