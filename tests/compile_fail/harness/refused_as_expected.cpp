// expect: the expected reason
// expect: static assertion failed
static_assert(sizeof(int) == 0, "the expected reason");
