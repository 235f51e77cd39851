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
//! | `AT+CIPV6?` | [`GetIpv6`](net::GetIpv6) |
//! | `AT+CIPV6=` | [`SetIpv6`](net::SetIpv6) |
//! | `AT+CIFSR` | [`GetLocalAddresses`](net::GetLocalAddresses) |
//! | `AT+CIPDOMAIN=` | [`Resolve`](net::Resolve) |
//! | `AT+CIPDNS?` | [`GetNameServers`](net::GetNameServers) |
//! | `AT+CIPDNS=` | [`SetNameServers`](net::SetNameServers) |
//! | `AT+CIPSTATE?` | [`GetLinks`](net::GetLinks) |
//! | `AT+CIPRECVBUF=<link>?` | [`GetReceiveBuffer`](net::GetReceiveBuffer) |
//! | `AT+CIPRECVBUF=<link>,` | [`SetReceiveBuffer`](net::SetReceiveBuffer) |
//! | `AT+CIPRECVBUF?` | [`single::GetReceiveBuffer`](net::single::GetReceiveBuffer) |
//! | `AT+CIPRECVBUF=<size>` | [`single::SetReceiveBuffer`](net::single::SetReceiveBuffer) |
//! | `AT+CIPSTART=<link>,` | [`Connect`](net::Connect) |
//! | `AT+CIPSTART=<link>,` | [`OpenDatagram`](net::OpenDatagram) |
//! | `AT+CIPSTART=<type>,` | [`single::Connect`](net::single::Connect) |
//! | `AT+CIPSTART?` | [`GetStarted`](net::GetStarted) |
//! | `AT+CIPSTARTEX=` | [`ConnectAnywhere`](net::ConnectAnywhere) |
//! | `AT+CIPTCPOPT?` | [`GetTcpOptions`](net::GetTcpOptions) |
//! | `AT+CIPTCPOPT=<link>,` | [`SetTcpOptions`](net::SetTcpOptions) |
//! | `AT+CIPTCPOPT=<linger>,` | [`single::SetTcpOptions`](net::single::SetTcpOptions) |
//! | `AT+CIPCLOSE=` | [`Close`](net::Close) |
//! | `AT+CIPCLOSE` | [`single::Close`](net::single::Close) |
//! | `AT+CIPSEND=<link>,` | [`Send`](net::Send) |
//! | `AT+CIPSEND=<link>,…,<host>` | [`SendTo`](net::SendTo) |
//! | `AT+CIPSEND=<length>` | [`single::Send`](net::single::Send) |
//! | `AT+CIPSEND=<length>,<host>` | [`single::SendTo`](net::single::SendTo) |
//! | `AT+CIPSENDL=<link>,` | [`SendLong`](net::SendLong) |
//! | `AT+CIPSENDL=<link>,…,<host>` | [`SendLongTo`](net::SendLongTo) |
//! | `AT+CIPSENDL=<length>` | [`single::SendLong`](net::single::SendLong) |
//! | `AT+CIPSENDL=<length>,<host>` | [`single::SendLongTo`](net::single::SendLongTo) |
//! | `AT+CIPSENDLCFG?` | [`GetSendLongConfig`](net::GetSendLongConfig) |
//! | `AT+CIPSENDLCFG=` | [`SetSendLongConfig`](net::SetSendLongConfig) |
//! | `AT+CIPSENDEX=<link>,` | [`SendEscaped`](net::SendEscaped) |
//! | `AT+CIPSENDEX=<link>,…,<host>` | [`SendEscapedTo`](net::SendEscapedTo) |
//! | `AT+CIPSENDEX=<length>` | [`single::SendEscaped`](net::single::SendEscaped) |
//! | `AT+CIPSENDEX=<length>,<host>` | [`single::SendEscapedTo`](net::single::SendEscapedTo) |
//! | `AT+CIPDINFO?` | [`GetSenderInfo`](net::GetSenderInfo) |
//! | `AT+CIPDINFO=` | [`SetSenderInfo`](net::SetSenderInfo) |
//! | `AT+CIPMUX?` | [`GetMultiple`](net::GetMultiple) |
//! | `AT+CIPMUX=` | [`SetMultiple`](net::SetMultiple) |
//! | `AT+CIPSERVER?` | [`GetServer`](net::GetServer) |
//! | `AT+CIPSERVER=1,` | [`CreateServer`](net::CreateServer) |
//! | `AT+CIPSERVER=0,` | [`DeleteServer`](net::DeleteServer) |
//! | `AT+CIPSERVERMAXCONN?` | [`GetServerLimit`](net::GetServerLimit) |
//! | `AT+CIPSERVERMAXCONN=` | [`SetServerLimit`](net::SetServerLimit) |
//! | `AT+CIPSTO?` | [`GetServerTimeout`](net::GetServerTimeout) |
//! | `AT+CIPSTO=` | [`SetServerTimeout`](net::SetServerTimeout) |
//! | `AT+SAVETRANSLINK=` | [`danger::SetStart`](net::danger::SetStart) |
//! | `AT+SAVETRANSLINK=` | [`danger::SetStartDatagram`](net::danger::SetStartDatagram) |
//! | `AT+SAVETRANSLINK=0` | [`ClearStart`](net::ClearStart) |
//! | `AT+CIPSNTPCFG?` | [`GetTimeServers`](net::GetTimeServers) |
//! | `AT+CIPSNTPCFG=` | [`SetTimeServers`](net::SetTimeServers) |
//! | `AT+CIPSNTPTIME?` | [`GetTime`](net::GetTime) |
//! | `AT+CIPSNTPINTV?` | [`GetTimeInterval`](net::GetTimeInterval) |
//! | `AT+CIPSNTPINTV=` | [`SetTimeInterval`](net::SetTimeInterval) |
//! | `AT+CIPRECONNINTV?` | [`GetReconnectInterval`](net::GetReconnectInterval) |
//! | `AT+CIPRECONNINTV=` | [`SetReconnectInterval`](net::SetReconnectInterval) |
//! | `AT+CIPRECVMODE?` | [`GetReceiveMode`](net::GetReceiveMode) |
//! | `AT+CIPRECVMODE=` | [`SetReceiveMode`](net::SetReceiveMode) |
//! | `AT+CIPRECVDATA=<link>,` | [`Receive`](net::Receive) |
//! | `AT+CIPRECVDATA=<length>` | [`single::Receive`](net::single::Receive) |
//! | `AT+CIPRECVLEN?` | [`GetLengths`](net::GetLengths) |
//! | `AT+CIPRECVLEN?` | [`single::GetLength`](net::single::GetLength) |
//! | `AT+PING=` | [`Ping`](net::Ping) |
//! | `AT+PING=<host>,` | [`PingWith`](net::PingWith) |
//! | `AT+CIPEVT?` | [`GetLinkEvents`](net::GetLinkEvents) |
//! | `AT+CIPEVT=` | [`SetLinkEvents`](net::SetLinkEvents) |
//! | `AT+CWEVT?` | [`GetWifiEvents`](net::GetWifiEvents) |
//! | `AT+CWEVT=` | [`SetWifiEvents`](net::SetWifiEvents) |
//! | `AT+CIPSSLCCONF?` | [`GetCertificates`](net::GetCertificates) |
//! | `AT+CIPSSLCCONF=<link>?` | [`GetCertificatesOf`](net::GetCertificatesOf) |
//! | `AT+CIPSSLCCONF=<link>,` | [`SetCertificates`](net::SetCertificates) |
//! | `AT+CIPSSLCCONF=<…>` | [`single::SetCertificates`](net::single::SetCertificates) |
//! | `AT+CIPSSLCSNI?` | [`GetServerName`](net::GetServerName) |
//! | `AT+CIPSSLCSNI=<link>?` | [`GetServerNameOf`](net::GetServerNameOf) |
//! | `AT+CIPSSLCSNI=<link>,` | [`SetServerName`](net::SetServerName) |
//! | `AT+CIPSSLCSNI=<…>` | [`single::SetServerName`](net::single::SetServerName) |
//! | `AT+CIPSSLCALPN?` | [`GetProtocols`](net::GetProtocols) |
//! | `AT+CIPSSLCALPN=<link>?` | [`GetProtocolsOf`](net::GetProtocolsOf) |
//! | `AT+CIPSSLCALPN=<link>,` | [`SetProtocols`](net::SetProtocols) |
//! | `AT+CIPSSLCALPN=<…>` | [`single::SetProtocols`](net::single::SetProtocols) |
//! | `AT+CIPSSLCPSK?` | [`GetPsk`](net::GetPsk) |
//! | `AT+CIPSSLCPSK=<link>?` | [`GetPskOf`](net::GetPskOf) |
//! | `AT+CIPSSLCPSK=<link>,` | [`SetPsk`](net::SetPsk) |
//! | `AT+CIPSSLCPSK=<…>` | [`single::SetPsk`](net::single::SetPsk) |
//! | `AT+CIPSSLCPSKHEX?` | [`GetPskHex`](net::GetPskHex) |
//! | `AT+CIPSSLCPSKHEX=<link>?` | [`GetPskHexOf`](net::GetPskHexOf) |
//! | `AT+CIPSSLCPSKHEX=<link>,` | [`SetPskHex`](net::SetPskHex) |
//! | `AT+CIPSSLCPSKHEX=<…>` | [`single::SetPskHex`](net::single::SetPskHex) |
//! | `AT+IPERF=` | [`StartThroughputTest`](net::StartThroughputTest) |
//! | `AT+IPERFSTOP` | [`StopThroughputTest`](net::StopThroughputTest) |
//! | `AT+CIPSEND`, `+++` | [`Module::passthrough`](crate::Module::passthrough) |
//!
//! ## Chapter 5, MQTT
//!
//! | wire name | struct |
//! |---|---|
//! | `AT+MQTTUSERCFG?` | [`GetUser`](mqtt::GetUser) |
//! | `AT+MQTTUSERCFG=` | [`SetUser`](mqtt::SetUser) |
//! | `AT+MQTTCLIENTID?` | [`GetClientId`](mqtt::GetClientId) |
//! | `AT+MQTTCLIENTID=` | [`SetClientId`](mqtt::SetClientId) |
//! | `AT+MQTTLONGCLIENTID=` | [`SetLongClientId`](mqtt::SetLongClientId) |
//! | `AT+MQTTUSERNAME?` | [`GetUsername`](mqtt::GetUsername) |
//! | `AT+MQTTUSERNAME=` | [`SetUsername`](mqtt::SetUsername) |
//! | `AT+MQTTPASSWORD?` | [`GetPassword`](mqtt::GetPassword) |
//! | `AT+MQTTPASSWORD=` | [`SetPassword`](mqtt::SetPassword) |
//! | `AT+MQTTCONNCFG?` | [`GetConnection`](mqtt::GetConnection) |
//! | `AT+MQTTCONNCFG=` | [`SetConnection`](mqtt::SetConnection) |
//! | `AT+MQTTALPN?` | [`GetProtocols`](mqtt::GetProtocols) |
//! | `AT+MQTTALPN=` | [`SetProtocols`](mqtt::SetProtocols) |
//! | `AT+MQTTSNI?` | [`GetServerName`](mqtt::GetServerName) |
//! | `AT+MQTTSNI=` | [`SetServerName`](mqtt::SetServerName) |
//! | `AT+MQTTCONN?` | [`GetState`](mqtt::GetState) |
//! | `AT+MQTTCONN=` | [`Connect`](mqtt::Connect) |
//! | `AT+MQTTPUB=` | [`Publish`](mqtt::Publish) |
//! | `AT+MQTTPUBRAW=` | [`PublishRaw`](mqtt::PublishRaw) |
//! | `AT+MQTTSUB?` | [`GetSubscriptions`](mqtt::GetSubscriptions) |
//! | `AT+MQTTSUB=` | [`Subscribe`](mqtt::Subscribe) |
//! | `AT+MQTTUNSUB=` | [`Unsubscribe`](mqtt::Unsubscribe) |
//! | `AT+MQTTCLEAN=` | [`Clean`](mqtt::Clean) |
//!
//! ## Chapter 6, BLE
//!
//! | wire name | struct |
//! |---|---|
//! | `AT+BLEINIT?` | [`GetRole`](ble::GetRole) |
//! | `AT+BLEINIT=` | [`SetRole`](ble::SetRole) |
//! | `AT+BLEADDR?` | [`GetAddress`](ble::GetAddress) |
//! | `AT+BLEADDR=` | [`SetAddress`](ble::SetAddress) |
//! | `AT+BLENAME?` | [`GetName`](ble::GetName) |
//! | `AT+BLENAME=` | [`SetName`](ble::SetName) |
//! | `AT+BLESCANPARAM?` | [`GetScanParameters`](ble::GetScanParameters) |
//! | `AT+BLESCANPARAM=` | [`SetScanParameters`](ble::SetScanParameters) |
//! | `AT+BLESCAN=` | [`SetScan`](ble::SetScan) |
//! | `AT+BLESCANRSPDATA=` | [`SetScanResponse`](ble::SetScanResponse) |
//! | `AT+BLEADVPARAM?` | [`GetAdvertisingParameters`](ble::GetAdvertisingParameters) |
//! | `AT+BLEADVPARAM=` | [`SetAdvertisingParameters`](ble::SetAdvertisingParameters) |
//! | `AT+BLEADVDATA=` | [`SetAdvertisement`](ble::SetAdvertisement) |
//! | `AT+BLEADVSTART` | [`StartAdvertising`](ble::StartAdvertising) |
//! | `AT+BLEADVSTOP` | [`StopAdvertising`](ble::StopAdvertising) |
//! | `AT+BLECONN?` | [`GetConnections`](ble::GetConnections) |
//! | `AT+BLECONN=` | [`Connect`](ble::Connect) |
//! | `AT+BLECONNPARAM?` | [`GetConnectionParameters`](ble::GetConnectionParameters) |
//! | `AT+BLECONNPARAM=` | [`SetConnectionParameters`](ble::SetConnectionParameters) |
//! | `AT+BLEDISCONN=` | [`Disconnect`](ble::Disconnect) |
//! | `AT+BLEDATALEN=` | [`SetDataLength`](ble::SetDataLength) |
//! | `AT+BLEEXCHANGEMTU=` | [`ExchangeMtu`](ble::ExchangeMtu) |
//! | `AT+BLEGATTSSRV?` | [`GetServices`](ble::GetServices) |
//! | `AT+BLEGATTSSRVCRE=` | [`CreateService`](ble::CreateService) |
//! | `AT+BLEGATTSSRVDEL=` | [`DeleteService`](ble::DeleteService) |
//! | `AT+BLEGATTSREGISTER=` | [`RegisterServices`](ble::RegisterServices) |
//! | `AT+BLEGATTSCHAR?` | [`GetCharacteristics`](ble::GetCharacteristics) |
//! | `AT+BLEGATTSCHARCRE=` | [`CreateCharacteristic`](ble::CreateCharacteristic) |
//! | `AT+BLEGATTSNTFY=` | [`Notify`](ble::Notify) |
//! | `AT+BLEGATTSIND=` | [`Indicate`](ble::Indicate) |
//! | `AT+BLEGATTSRD=` | [`AnswerRead`](ble::AnswerRead) |
//! | `AT+BLEGATTCSRVDIS=` | [`DiscoverServices`](ble::DiscoverServices) |
//! | `AT+BLEGATTCCHARDIS=` | [`DiscoverCharacteristics`](ble::DiscoverCharacteristics) |
//! | `AT+BLEGATTCWR=` | [`Write`](ble::Write) |
//! | `AT+BLEGATTCRD=` | [`Read`](ble::Read) |
//! | `AT+BLEGATTCSUBSCRIBE=` | [`Subscribe`](ble::Subscribe) |
//! | `AT+BLEGATTCUNSUBSCRIBE=` | [`Unsubscribe`](ble::Unsubscribe) |
//! | `AT+BLETXPWR?` | [`GetPower`](ble::GetPower) |
//! | `AT+BLETXPWR=` | [`SetPower`](ble::SetPower) |
//! | `AT+BLESECPARAM?` | [`GetAbility`](ble::GetAbility) |
//! | `AT+BLESECPARAM=` | [`SetAbility`](ble::SetAbility) |
//! | `AT+BLESECCANNEL=` | [`CancelPairing`](ble::CancelPairing) |
//! | `AT+BLESECPASSKEYCONFIRM=` | [`ConfirmPasskey`](ble::ConfirmPasskey) |
//! | `AT+BLESECPAIRINGCONFIRM=` | [`ConfirmPairing`](ble::ConfirmPairing) |
//! | `AT+BLESECPASSKEY=` | [`EnterPasskey`](ble::EnterPasskey) |
//! | `AT+BLESECGETLTKLIST?` | [`GetBonds`](ble::GetBonds) |
//! | `AT+BLESECUNPAIR=` | [`Unpair`](ble::Unpair) |
//! | `AT+BLESECSTART=` | [`StartPairing`](ble::StartPairing) |
//! | `AT+BLEBASINIT` | [`StartBattery`](ble::StartBattery) |
//! | `AT+BLEBASDEINIT` | [`StopBattery`](ble::StopBattery) |
//! | `AT+BLEBASLVLGET?` | [`GetBatteryLevel`](ble::GetBatteryLevel) |
//! | `AT+BLEBASLVLSET=` | [`SetBatteryLevel`](ble::SetBatteryLevel) |
//! | `AT+BLEIASINIT` | [`StartAlert`](ble::StartAlert) |
//! | `AT+BLEIASDEINIT` | [`StopAlert`](ble::StopAlert) |
//! | `AT+BLEDISINIT=` | [`StartDeviceInfo`](ble::StartDeviceInfo) |
//! | `AT+BLEDISDEINIT` | [`StopDeviceInfo`](ble::StopDeviceInfo) |
//! | `AT+BLEDISSET=` | [`SetDeviceInfo`](ble::SetDeviceInfo) |
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
pub mod ble;
pub mod low_power;
pub mod mqtt;
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
