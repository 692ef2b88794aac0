/* The start of a Cortex-M: the vector table, and newlib's own start with semihosting. */
extern void _start(void);
extern unsigned stack_top;

#ifdef __ARM_FP
static void start(void)
{
  *(volatile unsigned *)0xE000ED88u |= 0xFu << 20; /* the FPU is off until it is allowed */
  __asm volatile("dsb\n isb");
  _start();
}
#else
#define start _start
#endif

struct vectors {
  void *stack;
  void (*reset)(void);
};
extern const struct vectors vectors;
__attribute__((section(".vectors"), used)) const struct vectors vectors = {&stack_top, start};
