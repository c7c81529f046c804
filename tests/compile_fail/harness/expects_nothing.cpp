static_assert(sizeof(int) == 0, "a reason nobody stated");
