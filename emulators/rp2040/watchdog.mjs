// The watchdog of the RP2040. The emulator's own counts down; here is seen how it is fed, and that it
// bites.

const WATCHDOG = 0x40058;
const CTRL = 0x00;
const LOAD = 0x04;
const ENABLE = 1 << 30;
/** What its register of the last restart's reason says. */
export const NOT_FED = 1;

export class Watchdog {
  constructor(mcu, reason) {
    this.isStarted = false;
    this.hasBitten = false;
    this.fed = 0;
    const watchdog = mcu.peripherals[WATCHDOG];
    watchdog.reason = reason;
    watchdog.onWatchdogTrigger = () => {
      this.hasBitten = true;
      // The emulator's alarm would come again at once, for good.
      watchdog.timer.enable = false;
    };
    const write = watchdog.writeUint32.bind(watchdog);
    watchdog.writeUint32 = (offset, value) => {
      write(offset, value);
      this.see(offset, value);
    };
  }

  see(offset, value) {
    if (offset === CTRL) {
      this.isStarted = (value & ENABLE) !== 0;
    } else if (offset === LOAD && this.isStarted) {
      this.fed++;
    }
  }
}
