#include "cmd/arguments.h"

int main(int argc, char** argv) { return zo::command_line(argc, argv); }
