//! The ST67W611M1's commands, a file for each chapter of the vendor's reference.
//!
//! Each is a struct that serializes itself and parses its reply, with
//! [`Module::command`](crate::Module::command) or with a client of `atat`'s own; replies of rows
//! come with [`Module::command_for_rows`](crate::Module::command_for_rows), data with
//! [`Module::command_with_data`](crate::Module::command_with_data) and
//! [`Module::command_for_data`](crate::Module::command_for_data).
//!
//! What a module does not like it refuses, with
//! [`Error::Module`](crate::Error::Module)`(`[`Status`](crate::st67::Status)`)`:
//! a parameter out of range, a command that does not fit its state, one that its firmware does not
//! have. A number that the reference does not name is
//! [`Reported::Unknown`](crate::Reported::Unknown). Numbers of sections are those of the reference.
//!
//! ## Chapter 2, basic
//!
//! | wire name | struct |
//! |---|---|
//! | `AT` | [`Test`](basic::Test) |
//! | `AT+GMR` | [`GetVersions`](basic::GetVersions) |
//! | `AT+RST` | [`Restart`](basic::Restart) |
//! | `AT+RESTORE` | [`danger::Restore`](basic::danger::Restore) |
//! | `AT+CMD?` | [`GetCommands`](basic::GetCommands) |
//! | `ATE0` | [`EchoOff`](basic::EchoOff) |
//! | `ATE1` | [`EchoOn`](basic::EchoOn) |
//! | `AT+SYSRAM?` | [`GetMemory`](basic::GetMemory) |
//! | `AT+SYSMSG?` | [`GetMessages`](basic::GetMessages) |
//! | `AT+SYSMSG=` | [`SetMessages`](basic::SetMessages) |
//! | `AT+SYSLOG?` | [`GetErrorCodes`](basic::GetErrorCodes) |
//! | `AT+SYSLOG=` | [`SetErrorCodes`](basic::SetErrorCodes) |
//! | `AT+SYSSTORE?` | [`GetStore`](basic::GetStore) |
//! | `AT+SYSSTORE=` | [`SetStore`](basic::SetStore) |
//! | `AT+TEMP?` | [`GetTemperature`](basic::GetTemperature) |
//! | `AT+EFUSE-W=` | [`danger::WriteEfuse`](basic::danger::WriteEfuse) |
//! | `AT+EFUSE-R=` | [`ReadEfuse`](basic::ReadEfuse) |
//! | `AT+EFUSE-CFM` | [`danger::BurnEfuse`](basic::danger::BurnEfuse) |
//! | `AT+FLASH-W=` | [`danger::WriteFlash`](basic::danger::WriteFlash) |
//! | `AT+FLASH-R=` | [`ReadFlash`](basic::ReadFlash) |
//! | `AT+FLASH-E=` | [`danger::EraseFlash`](basic::danger::EraseFlash) |
//! | `AT+IOPUPD=` | [`SetPull`](basic::SetPull) |
//! | `AT+IOOUT=` | [`SetOutput`](basic::SetOutput) |
//! | `AT+IOIN=` | [`SetInput`](basic::SetInput) |
//! | `AT+IOIN=<pin>?` | [`GetInput`](basic::GetInput) |
//! | `AT+IORST=` | [`ResetPin`](basic::ResetPin) |
//! | `AT+PART?` | [`GetPartitions`](basic::GetPartitions) |
//! | `AT+OTASTART=` | [`SetUpdate`](basic::SetUpdate) |
//! | `AT+OTASEND=` | [`SendUpdate`](basic::SendUpdate) |
//! | `AT+OTAFIN` | [`FinishUpdate`](basic::FinishUpdate) |
//! | `AT+FS=0,0,` | [`DeleteFile`](basic::DeleteFile) |
//! | `AT+FS=0,1,` | [`CreateFile`](basic::CreateFile) |
//! | `AT+FS=0,2,` | [`WriteFile`](basic::WriteFile) |
//! | `AT+FS=0,3,` | [`ReadFile`](basic::ReadFile) |
//! | `AT+FS=0,4,` | [`GetFileSize`](basic::GetFileSize) |
//! | `AT+FS=0,5,` | [`GetFiles`](basic::GetFiles) |
//! | `AT+GMAC?` | [`GetFusedMacs`](basic::GetFusedMacs) |
//! | `AT+PN?` | [`GetPartNumber`](basic::GetPartNumber) |
//! | `AT+VBAT?` | [`GetSupplyVoltage`](basic::GetSupplyVoltage) |
//!
//! ## Chapter 3, Wi-Fi
//!
//! | wire name | struct |
//! |---|---|
//! | `AT+WIFISP?` | [`GetRadio`](wifi::GetRadio) |
//! | `AT+WIFISP=` | [`SetRadio`](wifi::SetRadio) |
//! | `AT+CWMODE?` | [`GetMode`](wifi::GetMode) |
//! | `AT+CWMODE=` | [`SetMode`](wifi::SetMode) |
//! | `AT+CWNETMODE?` | [`GetNetworkMode`](wifi::GetNetworkMode) |
//! | `AT+CWSTATE?` | [`GetState`](wifi::GetState) |
//! | `AT+CWJAP?` | [`GetJoined`](wifi::GetJoined) |
//! | `AT+CWJAP=` | [`Join`](wifi::Join) |
//! | `AT+CWJAP` | [`JoinAgain`](wifi::JoinAgain) |
//! | `AT+CWRECONNCFG?` | [`GetReconnecting`](wifi::GetReconnecting) |
//! | `AT+CWRECONNCFG=` | [`SetReconnecting`](wifi::SetReconnecting) |
//! | `AT+CWLAPOPT=` | [`SetScanOptions`](wifi::SetScanOptions) |
//! | `AT+CWLAP=` | [`ScanFor`](wifi::ScanFor) |
//! | `AT+CWLAP` | [`Scan`](wifi::Scan) |
//! | `AT+CWQAP=` | [`LeaveAnd`](wifi::LeaveAnd) |
//! | `AT+CWQAP` | [`Leave`](wifi::Leave) |
//! | `AT+CWSAP?` | [`GetSoftAp`](wifi::GetSoftAp) |
//! | `AT+CWSAP=` | [`SetSoftAp`](wifi::SetSoftAp) |
//! | `AT+CWLIF` | [`GetClients`](wifi::GetClients) |
//! | `AT+CWQIF` | [`DropClients`](wifi::DropClients) |
//! | `AT+CWQIF=` | [`DropClient`](wifi::DropClient) |
//! | `AT+CWDHCP?` | [`GetDhcp`](wifi::GetDhcp) |
//! | `AT+CWDHCP=` | [`SetDhcp`](wifi::SetDhcp) |
//! | `AT+CWDHCPS?` | [`GetDhcpServer`](wifi::GetDhcpServer) |
//! | `AT+CWDHCPS=` | [`SetDhcpServer`](wifi::SetDhcpServer) |
//! | `AT+CWAUTOCONN=` | [`SetAutoConnect`](wifi::SetAutoConnect) |
//! | `AT+CIPSTAMAC?` | [`GetStationMac`](wifi::GetStationMac) |
//! | `AT+CIPSTAMAC=` | [`SetStationMac`](wifi::SetStationMac) |
//! | `AT+CIPAPMAC?` | [`GetSoftApMac`](wifi::GetSoftApMac) |
//! | `AT+CIPAPMAC=` | [`SetSoftApMac`](wifi::SetSoftApMac) |
//! | `AT+CIPSTA?` | [`GetAddresses`](wifi::GetAddresses) |
//! | `AT+CIPSTA=` | [`SetStationAddress`](wifi::SetStationAddress) |
//! | `AT+CIPAP?` | [`GetSoftApAddresses`](wifi::GetSoftApAddresses) |
//! | `AT+CIPAP=` | [`SetSoftApAddress`](wifi::SetSoftApAddress) |
//! | `AT+CWHOSTNAME?` | [`GetHostName`](wifi::GetHostName) |
//! | `AT+CWHOSTNAME=` | [`SetHostName`](wifi::SetHostName) |
//! | `AT+CWCOUNTRY?` | [`GetCountry`](wifi::GetCountry) |
//! | `AT+CWCOUNTRY=` | [`SetCountry`](wifi::SetCountry) |
//! | `AT+CWMONITOR=` | [`SetMonitor`](wifi::SetMonitor) |
//! | `AT+CWSTAPROTO?` | [`GetStationStandards`](wifi::GetStationStandards) |
//! | `AT+CWSTAPROTO=` | [`SetStationStandards`](wifi::SetStationStandards) |
//! | `AT+CWAPPROTO?` | [`GetSoftApStandards`](wifi::GetSoftApStandards) |
//! | `AT+CWAPPROTO=` | [`SetSoftApStandards`](wifi::SetSoftApStandards) |
//! | `AT+WPS=` | [`SetWps`](wifi::SetWps) |
//! | `AT+CWANTENABLE?` | [`GetAntennaDiversity`](wifi::GetAntennaDiversity) |
//! | `AT+CWANTENABLE=` | [`SetAntennaDiversity`](wifi::SetAntennaDiversity) |
//! | `AT+CWANTNUM?` | [`GetAntennas`](wifi::GetAntennas) |
//! | `AT+CWANT?` | [`GetAntenna`](wifi::GetAntenna) |
//! | `AT+CWANT=` | [`SetAntenna`](wifi::SetAntenna) |
//!
//! ## Chapter 4, TCP/IP
//!
//! | wire name | struct |
//! |---|---|
//! | `AT+CIPV6=` | [`SetIpv6`](net::SetIpv6) |
//! | `AT+CIPDOMAIN=` | [`Resolve`](net::Resolve) |
//! | `AT+CIPSTATE?` | [`GetLinks`](net::GetLinks) |
//! | `AT+CIPSTART=` | [`Connect`](net::Connect) |
//! | `AT+CIPSTART=` | [`OpenDatagram`](net::OpenDatagram) |
//! | `AT+CIPCLOSE=` | [`Close`](net::Close) |
//! | `AT+CIPSEND=` | [`Send`](net::Send) |
//! | `AT+CIPSEND=` | [`SendTo`](net::SendTo) |
//! | `AT+CIPDINFO=` | [`SetSenderInfo`](net::SetSenderInfo) |
//! | `AT+CIPMUX=` | [`SetMultiple`](net::SetMultiple) |
//! | `AT+CIPSERVER=` | [`SetServer`](net::SetServer) |
//! | `AT+CIPRECVMODE=` | [`SetReceiveMode`](net::SetReceiveMode) |
//! | `AT+CIPRECVDATA=` | [`Receive`](net::Receive) |
//! | `AT+CIPRECVLEN?` | [`GetLengths`](net::GetLengths) |
//! | `AT+CIPSSLCCONF=` | [`SetCertificates`](net::SetCertificates) |
//! | `AT+CIPSSLCSNI=` | [`SetServerName`](net::SetServerName) |
//! | `AT+CIPSSLCALPN=` | [`SetProtocols`](net::SetProtocols) |
//! | `AT+CIPSSLCPSK=` | [`SetPsk`](net::SetPsk) |
//!
//! ## Chapter 7, low power
//!
//! | wire name | struct |
//! |---|---|
//! | `AT+PWR=` | [`SetPowerMode`](low_power::SetPowerMode) |
//! | `AT+SLWKIO=` | [`SetWakePin`](low_power::SetWakePin) |
//! | `AT+DEWKIO=` | [`ClearWakePin`](low_power::ClearWakePin) |
//! | `AT+SLWKTIMER=` | [`SetWakeTimer`](low_power::SetWakeTimer) |
//! | `AT+SLWKDTIM=` | [`SetWakeDtim`](low_power::SetWakeDtim) |
//! | `AT+SLCLDTIM` | [`ClearWakeDtim`](low_power::ClearWakeDtim) |
//! | `AT+TWT_PARAM=` | [`SetTwt`](low_power::SetTwt) |
//! | `AT+TWT_SLEEP` | [`SleepTwt`](low_power::SleepTwt) |
//! | `AT+TWT_TEARDOWN=` | [`EndTwt`](low_power::EndTwt) |
//! | `AT+SET_CLOCK=` | [`SetClock`](low_power::SetClock) |
//! | `AT+GET_CLOCK` | [`GetClock`](low_power::GetClock) |

pub mod basic;
pub mod low_power;
pub mod net;
pub mod wifi;

use atat::AtatResp;
use atat::atat_derive::AtatResp;

/// The reply of a command that answers with `OK` alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, AtatResp)]
pub struct Done {}

/// The reply of a command that answers with rows: how many there were.
///
/// [`Module::command_for_rows`](crate::Module::command_for_rows) hands the rows themselves over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rows {
    /// Rows.
    pub count: usize,
}

impl AtatResp for Rows {}

/// What stands behind `head` in a reply.
fn values<'a>(reply: &'a [u8], head: &[u8]) -> Result<&'a [u8], atat::Error> {
    reply
        .trim_ascii()
        .strip_prefix(head)
        .map(<[u8]>::trim_ascii)
        .ok_or(atat::Error::Parse)
}
