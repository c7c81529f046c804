// expect: the expected reason
static_assert(sizeof(int) == 0, "another reason");
