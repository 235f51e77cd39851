//! Basic commands: chapter 2 of the reference.

mod facts;
pub(super) mod files;
mod general;
pub(super) mod memory;
pub(super) mod pins;
pub(super) mod update;
pub(super) mod variant;

use crate::st67::St67;
use crate::st67::line::command::{Command, command};
use crate::st67::line::job::Reply;

pub(super) const COMMANDS: &[Command] = &[
    command("").execute(St67::attention),
    command("+RST").execute(St67::reset_command),
    command("+GMR").execute(St67::version),
    command("+CMD").query(St67::list_commands),
    command("E0").execute(St67::echo_off),
    command("E1").execute(St67::echo_on),
    command("+RESTORE").execute(St67::restore),
    command("+FAKEOUTPUT")
        .query(St67::fake_output)
        .set(St67::set_fake_output)
        .of_firmware(),
    command("+USERRAM")
        .query(|_, _, _| Ok(Reply::Ok))
        .set(St67::nothing)
        .of_firmware(),
    command("+SYSRAM").query(St67::free_memory),
    command("+SYSMSG")
        .query(St67::messages)
        .set(St67::set_messages),
    command("+SYSLOG")
        .query(St67::error_codes)
        .set(St67::set_error_codes),
    command("+SYSSTORE").query(St67::store).set(St67::set_store),
    command("+TEMP").query(St67::temperature),
    command("+EFUSE-W").set(St67::set_efuses),
    command("+EFUSE-R").set(St67::efuses),
    command("+EFUSE-CFM").execute(St67::confirm_efuses),
    command("+FLASH-W").set(St67::set_flash),
    command("+FLASH-R").set(St67::flash),
    command("+FLASH-E").set(St67::erase_flash),
    command("+IOPUPD").set(St67::set_pull),
    command("+IOOUT").set(St67::set_output),
    command("+IOIN").query(St67::input).set(St67::set_input),
    command("+IORST").set(St67::reset_pin_mode),
    command("+PART").query(St67::partitions),
    command("+OTASTART")
        .query(St67::update)
        .set(St67::set_update),
    command("+OTASEND").set(St67::send_update),
    command("+OTAFIN").execute(St67::finish_update),
    command("+FS").set(St67::files),
    command("+GMAC").query(St67::factory_macs),
    command("+PN").query(St67::part_number),
    command("+VBAT").query(St67::voltage),
];
