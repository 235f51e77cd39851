//! Conversations that have found something, as small as the campaign could make them.

use atwifi_campaign::air::Network;
use atwifi_campaign::campaign::{SPI_PROFILES, play};
use atwifi_campaign::evil::Vices;
use atwifi_campaign::flash::Flash::{Has, Load};
use atwifi_campaign::program::{
    Conversation, Deed::*, Host, Kind::*, Step, Strike, Surroundings, To::*, Wire::*,
};
use atwifi_campaign::service::{How, Look, Service};
use atwifi_simulator::Profile::{self, *};

/// A socket that was opened before is connected anew, if there is one.
const RECONNECT: atwifi_campaign::program::Deed = Reconnect {
    socket: 0,
    to: Answering,
};
const RESET: atwifi_campaign::program::Deed = atwifi_campaign::program::Deed::Reset;
/// The module resets itself.
const MODULE_RESETS: atwifi_campaign::program::Kind = ToHost(atwifi_campaign::program::Wire::Reset);

const HOST: Host = Host {
    sockets: 3,
    memory: 2,
    spare: 300,
    tick_ms: 1,
    resets_first: false,
};

/// Its sockets have no memory of their own.
fn without_room(sockets: usize) -> Host {
    with_memory(sockets, 0)
}

/// Its sockets have memory of one of the sizes in `MEMORY`, and nothing is to spare.
fn with_memory(sockets: usize, memory: usize) -> Host {
    Host {
        sockets,
        memory,
        spare: 0,
        ..HOST
    }
}

/// On a quick module with one socket and all else at its least.
fn on(profile: Profile, steps: Vec<Step>) -> Conversation {
    Conversation {
        profile,
        is_on_spi: false,
        surroundings: Surroundings {
            latency_ms: 1,
            network_ms: 1,
            baud: None,
            fragment: 0,
            split_writes: false,
            close_behind_data: false,
            clear_on_close: false,
            deaf_while_reading: false,
            neighbours: 0,
        },
        host: HOST,
        vices: Vices::default(),
        steps,
    }
}

/// The same on a host of which the conversation needs something.
fn on_host(profile: Profile, host: Host, steps: Vec<Step>) -> Conversation {
    Conversation {
        host,
        ..on(profile, steps)
    }
}

fn step(deed: atwifi_campaign::program::Deed) -> Step {
    Step { deed, strike: None }
}

fn struck(
    deed: atwifi_campaign::program::Deed,
    after: u64,
    kind: atwifi_campaign::program::Kind,
) -> Step {
    let strike = Some(Strike { after, kind });
    Step { deed, strike }
}

fn receive(times: usize) -> Step {
    step(Receive {
        socket: 0,
        buffer: 1000,
        times,
        wait_ms: 10,
    })
}

/// Neither on a serial line nor on an SPI, if the firmware has one.
fn nothing_is_found(conversation: &Conversation) {
    nothing_is_found_on(conversation);
    if SPI_PROFILES.contains(&conversation.profile) {
        nothing_is_found_on(&Conversation {
            is_on_spi: true,
            ..conversation.clone()
        });
    }
}

fn nothing_is_found_on(conversation: &Conversation) {
    let outcome = play(conversation, true);
    let findings: Vec<String> = outcome.findings.iter().map(ToString::to_string).collect();
    let transcript = outcome.transcript.unwrap_or_default();
    assert!(findings.is_empty(), "{findings:#?}\n{transcript}");
}

fn on_each(profiles: &[Profile], steps: &[Step]) {
    for &profile in profiles {
        nothing_is_found(&on(profile, steps.to_vec()));
    }
}

/// With services, for which there is another network around.
fn on_each_with_services(profiles: &[Profile], steps: &[Step]) {
    for &profile in profiles {
        let mut conversation = on(profile, steps.to_vec());
        conversation.surroundings.neighbours = 3;
        nothing_is_found(&conversation);
    }
}

fn service(service: Service) -> Step {
    step(Service(service))
}

const ALL: [Profile; 8] = [
    St67Reference,
    St67Fw2_0_75,
    St67Fw2_0_89,
    St67Fw2_0_97,
    St67Fw2_0_106,
    MicrochipReference,
    MicrochipFw0_2_0,
    MicrochipFw0_3_2,
];

#[test]
fn a_read_that_failed_is_not_followed_by_a_clean_end() {
    let late = Late(6000);
    let steps = [
        step(Connect { to: Answering }),
        step(PeerSays { socket: 0, size: 1 }),
        step(PeerCloses { socket: 0 }),
        struck(receive(2).deed, 0, late),
    ];
    on_each(&ALL, &steps);
}

#[test]
fn a_slow_module_answers_the_question_that_it_was_asked() {
    for profile in ALL {
        let steps = vec![
            step(Resolve { known: true }),
            step(Resolve { known: false }),
            step(Connect { to: Answering }),
            step(Send {
                socket: 0,
                size: 10,
            }),
            receive(1),
        ];
        let mut conversation = on(profile, steps);
        conversation.surroundings.latency_ms = 427;
        nothing_is_found(&conversation);
    }
}

#[test]
fn a_connection_is_one_that_the_module_has_told_of() {
    let steps = [
        struck(PeerSays { socket: 0, size: 1 }, 9, ToModule(Drop(21))),
        step(Connect { to: Answering }),
    ];
    on_each(&Profile::ST67, &steps);
}

#[test]
fn a_spoilt_row_closes_no_socket() {
    let steps = [
        struck(LinkState, 3, Gap(1)),
        struck(Connect { to: Secured }, 56, ToHost(Drop(1))),
        step(Send { socket: 0, size: 1 }),
    ];
    on_each(&Profile::ST67, &steps);
}

#[test]
fn a_line_that_nobody_knows_comes_to_poll() {
    for profile in ALL {
        let mut conversation = on(profile, vec![step(Tell { lines: 1 }), step(LinkState)]);
        conversation.surroundings.baud = Some(921_600);
        nothing_is_found(&conversation);
    }
}

#[test]
fn a_connect_that_fails_leaves_no_other_connection() {
    let steps = [
        step(Connect { to: Answering }),
        struck(RECONNECT, 0, Unplug),
        step(Send { socket: 0, size: 1 }),
    ];
    on_each(&ALL, &steps);
}

#[test]
fn a_client_is_never_read_through_the_socket_before_it() {
    let steps = [
        step(Listen { port: 0 }),
        step(Connect { to: Closing(1) }),
        step(Send { socket: 0, size: 1 }),
        step(Dial { says: 1 }),
        receive(2),
    ];
    on_each(&ALL, &steps);
}

#[test]
fn a_client_that_comes_first_does_not_keep_others_from_connecting() {
    let steps = [
        step(Listen { port: 0 }),
        step(Dial { says: 1 }),
        step(Connect { to: Answering }),
        receive(1),
    ];
    on_each(&ALL, &steps);
}

#[test]
fn a_socket_whose_number_was_not_heard_is_closed() {
    let steps = [struck(Connect { to: Answering }, 0, ToHost(Drop(1)))];
    on_each(&Profile::MICROCHIP, &steps);
}

#[test]
fn a_host_that_restarts_finds_its_module_listening() {
    on_each(&ALL, &[step(Listen { port: 0 }), step(RestartHost)]);
}

#[test]
fn an_upload_that_was_cut_is_paid() {
    let steps = [
        step(Connect { to: Answering }),
        struck(
            Send {
                socket: 0,
                size: 1500,
            },
            21,
            ToModule(Cut(1)),
        ),
    ];
    on_each(&ALL, &steps);
}

#[test]
fn a_short_wait_breaks_no_stream() {
    for profile in ALL {
        let steps = vec![
            step(Connect { to: Answering }),
            step(Send { socket: 0, size: 1 }),
            step(Wait { socket: 0, ms: 0 }),
            step(Wait { socket: 0, ms: 1 }),
            receive(1),
        ];
        let mut conversation = on(profile, steps);
        conversation.surroundings.latency_ms = 191;
        nothing_is_found(&conversation);
    }
}

/// What the module says of a connection while its station leaves is not its peer's word.
#[test]
fn who_leaves_a_network_has_not_been_left_by_the_peers() {
    let join = Service::JoinWith {
        network: Network::Home,
        how: How::Plainly,
    };
    for leaves in [step(Leave), service(join), service(Service::Forget)] {
        let steps = [
            step(Connect { to: Answering }),
            leaves.clone(),
            receive(1),
            step(Send { socket: 0, size: 1 }),
        ];
        on_each_with_services(&ALL, &steps);
        // Nor has one that has closed been heard to its end.
        let steps = [
            step(Connect { to: Sending(4000) }),
            step(PeerCloses { socket: 0 }),
            leaves,
            receive(9),
        ];
        on_each_with_services(&ALL, &steps);
    }
}

#[test]
fn a_line_that_nobody_knows_spoils_no_answer_of_a_service() {
    let rejoin = Service::Rejoin {
        network: Network::Home,
        how: How::Plainly,
    };
    let scan = Service::Scan {
        look: Look::All,
        break_behind: None,
    };
    for asked in [
        Service::Time,
        Service::Versions,
        Service::Mac,
        Service::Station,
        rejoin,
        scan,
    ] {
        for line in [1, 2, 3] {
            for gap in 0..6 {
                let steps = [struck(Service(asked), gap, Gap(line))];
                on_each_with_services(&ALL, &steps);
            }
        }
    }
}

#[test]
fn a_peer_that_comes_while_the_listener_is_closed_is_hung_up() {
    for memory in [0, 2] {
        for profile in ALL {
            let steps = vec![step(Listen { port: 0 }), step(Dial { says: 1 })];
            let mut conversation = on(profile, steps);
            conversation.host.memory = memory;
            nothing_is_found(&conversation);
        }
    }
}

#[test]
fn a_link_that_could_not_be_closed_at_once_is_closed_before_its_place_is_used_again() {
    for profile in ALL {
        for trouble in [Unplug, Busy] {
            let steps = vec![
                step(Connect { to: Answering }),
                struck(Close { socket: 0 }, 0, trouble),
                step(Connect { to: Answering }),
            ];
            let mut conversation = on(profile, steps);
            conversation.host.sockets = 1;
            nothing_is_found(&conversation);
        }
    }
}

#[test]
fn a_release_of_all_sockets_tells_each_close_again_that_was_not_heard() {
    for after in 0..2 {
        let steps = [
            step(Connect { to: Answering }),
            step(Connect { to: Answering }),
            struck(ReleaseSockets, after, Busy),
        ];
        on_each(&ALL, &steps);
    }
}

#[test]
fn a_slow_module_that_was_cut_off_answers_all_it_was_asked_before_anything_else() {
    for profile in Profile::MICROCHIP {
        let steps = vec![
            struck(Join { if_down: true }, 0, ToHost(Cut(30_000))),
            step(Connect { to: Answering }),
            step(Join { if_down: false }),
        ];
        let mut conversation = on(profile, steps);
        conversation.surroundings.latency_ms = 984;
        nothing_is_found(&conversation);
    }
}

#[test]
fn lines_of_no_meaning_in_two_answers_behind_each_other_fail_no_call() {
    for profile in ALL {
        for line in 0..4 {
            for deed in [Join { if_down: true }, LinkState] {
                let steps = vec![step(Tell { lines: 1 }), struck(deed, 1, Gap(line))];
                nothing_is_found(&on(profile, steps));
            }
        }
    }
}

#[test]
fn a_line_of_no_meaning_behind_data_is_no_part_of_it() {
    for profile in Profile::ST67 {
        let receive = Receive {
            socket: 0,
            buffer: 1,
            times: 1,
            wait_ms: 0,
        };
        let steps = vec![
            step(Connect { to: Sending(1) }),
            step(PeerSays { socket: 0, size: 1 }),
            struck(receive, 3, Gap(3)),
        ];
        nothing_is_found(&on(profile, steps));
    }
}

#[test]
fn an_event_in_the_answer_to_a_command_without_a_name_is_told() {
    for profile in ALL {
        let steps = vec![
            step(Tell { lines: 1 }),
            step(Command { which: 0 }),
            step(Poll { times: 2 }),
        ];
        let mut conversation = on(profile, steps);
        conversation.surroundings.baud = Some(921_600);
        nothing_is_found(&conversation);
    }
}

#[test]
fn a_setting_that_was_spoilt_on_the_way_is_made_again() {
    for profile in [St67Fw2_0_75, MicrochipFw0_3_2] {
        for after in 0..150 {
            let steps = vec![struck(ResetByPin, after, ToModule(Drop(1)))];
            let mut conversation = on(profile, steps);
            conversation.host.resets_first = true;
            nothing_is_found(&conversation);
        }
    }
}

#[test]
fn a_peer_that_was_cut_off_with_the_station_is_closed_in_the_module_too() {
    let steps = [
        step(Listen { port: 0 }),
        step(Dial { says: 1 }),
        step(Join { if_down: false }),
    ];
    on_each(&ALL, &steps);
}

#[test]
fn a_peer_that_waits_when_the_station_leaves_is_told_to_have_gone_with_it() {
    let steps = [
        step(Listen { port: 0 }),
        step(Dial { says: 1 }),
        step(Leave),
        step(Join { if_down: true }),
        step(Accept { wait_ms: 0 }),
        step(Send { socket: 0, size: 1 }),
        step(CloseListener),
    ];
    on_each(&ALL, &steps);
}

#[test]
fn what_is_read_while_a_link_gets_another_peer_is_nobodys() {
    let steps = [
        step(Connect { to: Sending(1) }),
        step(Listen { port: 0 }),
        step(PeerCloses { socket: 0 }),
        step(Dial { says: 1 }),
    ];
    on_each(&ALL, &steps);
}

#[test]
fn a_send_whose_second_piece_finds_no_module_is_not_sent_again() {
    let send = Send {
        socket: 0,
        size: 114,
    };
    for profile in ALL {
        for after in 0..4 {
            let steps = vec![
                struck(Connect { to: Answering }, after, Busy),
                struck(send.clone(), 0, Gap(0)),
                step(send.clone()),
            ];
            nothing_is_found(&on(profile, steps));
        }
    }
}

#[test]
fn what_was_announced_is_read_behind_a_read_that_was_spoilt() {
    let listen = Listen { port: 0 };
    for profile in ALL {
        for (after, buffer) in (0..12).flat_map(|after| [(after, 1), (after, 1000)]) {
            let receive = Receive {
                socket: 0,
                buffer,
                times: 1,
                wait_ms: 0,
            };
            let steps = vec![
                step(listen.clone()),
                step(Connect { to: Sending(115) }),
                step(PeerCloses { socket: 0 }),
                struck(receive, after, ToModule(Drop(1))),
            ];
            nothing_is_found(&on(profile, steps));
        }
    }
}

#[test]
fn a_row_that_is_spoilt_on_the_way_ends_no_connection() {
    let receive = Receive {
        socket: 0,
        buffer: 1,
        times: 1,
        wait_ms: 0,
    };
    for profile in ALL {
        for after in 0..40 {
            let steps = vec![
                struck(Connect { to: Answering }, 0, Gap(0)),
                struck(receive.clone(), after, ToHost(Drop(1))),
            ];
            nothing_is_found(&on(profile, steps));
        }
    }
}

#[test]
fn a_socket_whose_name_was_not_heard_is_closed() {
    for profile in ALL {
        for wire in [Insert(3), Insert(6), Drop(1)] {
            let steps = vec![struck(Connect { to: Answering }, 0, ToModule(wire))];
            nothing_is_found(&on(profile, steps));
        }
        for after in 0..30 {
            let steps = vec![struck(Connect { to: Answering }, after, ToHost(Drop(1)))];
            nothing_is_found(&on(profile, steps));
        }
    }
}

#[test]
fn a_listener_that_closes_leaves_nobody_behind_who_was_not_heard_of() {
    for profile in ALL {
        for after in 0..60 {
            let steps = vec![
                step(Listen { port: 0 }),
                step(Dial { says: 1 }),
                struck(CloseListener, after, ToHost(Drop(1))),
            ];
            nothing_is_found(&on(profile, steps));
        }
    }
}

#[test]
fn a_datagram_that_takes_several_reads_is_one() {
    let profiles = ALL
        .into_iter()
        .filter(|&profile| profile != MicrochipReference);
    for profile in profiles {
        let steps = vec![
            step(OpenDatagrams {
                bound: true,
                peer: 0,
            }),
            step(PeerSendsDatagrams {
                socket: 0,
                peer: 0,
                sizes: vec![2049, 8, 9],
            }),
            step(ReceiveDatagrams {
                socket: 0,
                buffer: 2049,
                times: 3,
                wait_ms: 1,
            }),
        ];
        nothing_is_found(&on(profile, steps));
    }
}

#[test]
fn what_is_late_leaves_no_certificate_that_is_cut_short() {
    for profile in Profile::ST67 {
        for after in 0..8 {
            let steps = vec![
                struck(Poll { times: 1 }, after, Late(11_000)),
                step(Flash(Load { name: 0, size: 9 })),
                step(LinkState),
                step(Flash(Has { name: 0 })),
            ];
            nothing_is_found(&on(profile, steps));
        }
    }
}

#[test]
fn a_module_that_got_more_than_its_certificate_is_brought_back() {
    for profile in Profile::MICROCHIP {
        for after in 0..60 {
            let steps = vec![struck(
                Flash(Load { name: 0, size: 9 }),
                after,
                ToModule(Delay(12_000)),
            )];
            nothing_is_found(&on(profile, steps));
        }
    }
}

#[test]
fn values_of_a_phone_are_taken_behind_a_session_with_a_broker() {
    for profile in Profile::ST67 {
        let steps = vec![
            step(Service(Service::Mqtt { messages: 1 })),
            step(Ble { values: 2, size: 9 }),
        ];
        let mut conversation = on(profile, steps);
        conversation.surroundings.neighbours = 1;
        nothing_is_found(&conversation);
    }
}

#[test]
fn a_socket_whose_place_was_used_before_is_closed_until_the_module_has_closed_it() {
    for profile in Profile::MICROCHIP {
        for after in 24..40 {
            let connect = step(Connect { to: Answering });
            let steps = vec![
                connect.clone(),
                connect.clone(),
                connect.clone(),
                step(Close { socket: 3 }),
                step(Reconnect {
                    socket: 1,
                    to: Answering,
                }),
                step(Leave),
                step(Join { if_down: true }),
                connect,
                struck(ReleaseSockets, after, ToModule(Drop(1))),
            ];
            nothing_is_found(&on(profile, steps));
        }
    }
}

#[test]
fn a_restart_between_two_settings_is_noticed() {
    let steps = [
        struck(LinkState, 3, Gap(4)),
        struck(Listen { port: 0 }, 175, MODULE_RESETS),
        struck(Listen { port: 0 }, 0, ToHost(Delay(6000))),
        step(Join { if_down: false }),
        step(RestartModule),
        step(RestartHost),
        struck(Join { if_down: true }, 64, ToHost(Cut(1))),
    ];
    for profile in ALL {
        nothing_is_found(&on_host(profile, without_room(1), steps.to_vec()));
    }
}

#[test]
fn sockets_are_found_that_a_host_has_left_whose_questions_are_still_answered() {
    for profile in ALL {
        let steps = vec![
            struck(Join { if_down: true }, 44, ToHost(Cut(25_401))),
            step(Listen { port: 0 }),
            struck(Join { if_down: false }, 0, Interrupt),
            step(Join { if_down: false }),
            step(RestartHost),
        ];
        let mut conversation = on(profile, steps);
        conversation.surroundings.latency_ms = 1270;
        conversation.host = without_room(2);
        nothing_is_found(&conversation);
    }
}

#[test]
fn what_is_left_of_a_long_datagram_is_no_datagram_nor_is_another_one_the_rest() {
    let read = |buffer| {
        step(ReceiveDatagrams {
            socket: 0,
            buffer,
            times: 3,
            wait_ms: 101,
        })
    };
    let open = OpenDatagrams {
        bound: true,
        peer: 0,
    };
    for profile in ALL {
        for sizes in [vec![2049, 8], vec![2049, 8, 9], vec![2100, 2100]] {
            let said = PeerSendsDatagrams {
                socket: 0,
                peer: 0,
                sizes,
            };
            let steps = vec![step(open.clone()), step(said.clone()), read(2100)];
            nothing_is_found(&on(profile, steps));
            for after in 0..25 {
                let drop = struck(open.clone(), 100 + after, ToHost(Drop(19)));
                let steps = vec![
                    drop,
                    step(LinkState),
                    step(said.clone()),
                    step(LinkState),
                    read(1),
                ];
                nothing_is_found(&on(profile, steps));
            }
            for after in [0, 5, 50, 1000, 2040, 2100] {
                let steps = vec![
                    step(open.clone()),
                    step(said.clone()),
                    struck(read(2100).deed, after, ToHost(Drop(3))),
                    struck(read(2100).deed, after, ToHost(Delay(7000))),
                    read(2100),
                ];
                nothing_is_found(&on(profile, steps));
            }
        }
    }
}

#[test]
fn a_list_that_a_late_answer_stood_for_is_asked_for_again() {
    for profile in [MicrochipFw0_2_0, MicrochipFw0_3_2] {
        let open = OpenDatagrams {
            bound: false,
            peer: 0,
        };
        let steps = vec![
            step(open),
            struck(Connect { to: Answering }, 0, Busy),
            struck(LinkState, 232, ToHost(Delay(10_881))),
            step(Join { if_down: false }),
            step(Connect { to: Answering }),
            step(RestartHost),
            struck(Connect { to: Answering }, 2, Late(12_640)),
            step(Join { if_down: true }),
        ];
        nothing_is_found(&on(profile, steps));
    }
}

/// What is inserted is a line: the first half of the command is one that says `OK`.
#[test]
fn a_close_that_another_line_has_cut_in_two_is_noticed() {
    for after in 0..200 {
        let steps = vec![
            struck(Leave, after, ToModule(Insert(6))),
            step(Connect { to: Answering }),
            step(Connect { to: Answering }),
        ];
        nothing_is_found(&on(MicrochipReference, steps));
    }
}

#[test]
fn a_wait_ends_that_has_begun_to_read_when_the_line_is_cut() {
    let stream = |socket, gather, write| Stream {
        socket,
        gather,
        write,
        pieces: 1,
        read: 1,
        wait_ms: 3,
    };
    for profile in [MicrochipFw0_2_0, MicrochipFw0_3_2] {
        for after in [200, 220, 230, 234, 238] {
            let steps = vec![
                step(Connect { to: Answering }),
                step(Connect { to: Answering }),
                step(stream(1, 0, 18)),
                step(Close { socket: 0 }),
                step(Send { socket: 0, size: 1 }),
                step(PeerSays { socket: 0, size: 1 }),
                struck(Connect { to: Sending(25) }, after, ToHost(Cut(57_201))),
                step(Connect { to: Answering }),
                step(stream(2, 23, 1)),
                step(Listen { port: 0 }),
                step(Send {
                    socket: 0,
                    size: 114,
                }),
                step(Wait { socket: 1, ms: 0 }),
            ];
            let mut conversation = on(profile, steps);
            conversation.host.sockets = 2;
            conversation.host.memory = 1;
            conversation.host.spare = 0;
            nothing_is_found(&conversation);
        }
    }
}

#[test]
fn a_peer_that_nobody_noted_ends_with_the_station() {
    for profile in ALL {
        for memory in 0..3 {
            let steps = vec![
                step(Listen { port: 0 }),
                step(Dial { says: 1 }),
                step(Leave),
                step(Accept { wait_ms: 0 }),
                step(Send { socket: 0, size: 1 }),
                step(Join { if_down: true }),
                step(Dial { says: 1 }),
                step(Accept { wait_ms: 1000 }),
                step(Send { socket: 0, size: 1 }),
            ];
            let mut conversation = on(profile, steps);
            conversation.surroundings.latency_ms = 100;
            conversation.host.memory = memory;
            nothing_is_found(&conversation);
        }
    }
}

#[test]
fn a_socket_for_datagrams_whose_close_was_lost_is_closed_though_one_comes_meanwhile() {
    for profile in ALL {
        for after in 0..6 {
            let said = PeerSendsDatagrams {
                socket: 0,
                peer: 0,
                sizes: vec![8],
            };
            let open = OpenDatagrams {
                bound: true,
                peer: 0,
            };
            // An event of which nobody knows has the driver ask for its sockets before it closes one.
            let steps = vec![
                struck(RECONNECT, 0, Gap(0)),
                struck(open, after, Busy),
                step(said),
                step(CloseDatagrams { socket: 0 }),
            ];
            let mut conversation = on(profile, steps);
            conversation.host.sockets = 1;
            conversation.host.memory = 1;
            nothing_is_found(&conversation);
        }
    }
}

/// The answers to so many questions come so late that some are the same.
#[test]
fn a_slow_module_behind_many_questions_is_found_again() {
    let ble = Ble { values: 1, size: 1 };
    for profile in [St67Fw2_0_75, St67Fw2_0_89, St67Fw2_0_97, St67Fw2_0_106] {
        let steps = vec![
            step(Join { if_down: true }),
            step(Connect { to: Answering }),
            step(ble.clone()),
            step(Join { if_down: true }),
            struck(Join { if_down: true }, 0, Fifo(1)),
            step(ble.clone()),
            step(Receive {
                socket: 0,
                buffer: 1,
                times: 3,
                wait_ms: 0,
            }),
            step(Poll { times: 7 }),
        ];
        let mut conversation = on(profile, steps);
        conversation.surroundings.latency_ms = 1521;
        conversation.host = without_room(1);
        nothing_is_found(&conversation);
    }
}

/// Of the list by which unknown sockets are closed, the name of one is spoilt.
#[test]
fn a_socket_whose_name_was_spoilt_in_the_list_is_closed_before_the_next() {
    for profile in [MicrochipReference, MicrochipFw0_2_0, MicrochipFw0_3_2] {
        for after in 0..80 {
            let steps = vec![
                step(Listen { port: 0 }),
                step(Connect { to: Answering }),
                step(Join { if_down: true }),
                struck(Connect { to: Answering }, 0, Interrupt),
                step(CloseListener),
                struck(Connect { to: Answering }, after, ToHost(Drop(1))),
            ];
            let mut conversation = on(profile, steps);
            conversation.surroundings.latency_ms = 51;
            conversation.host = without_room(3);
            nothing_is_found(&conversation);
        }
    }
}

/// A module that does not tell of its start, and answers without end.
#[test]
fn a_reset_ends_though_the_module_says_ok_for_ever() {
    let tell = step(Tell { lines: 3 });
    let steps = vec![
        step(Listen { port: 0 }),
        tell.clone(),
        tell,
        step(ResetByPin),
    ];
    let mut conversation = on(St67Fw2_0_106, steps);
    conversation.surroundings.latency_ms = 771;
    conversation.host = Host {
        resets_first: true,
        ..without_room(2)
    };
    conversation.vices = Vices {
        module: 2,
        transport: 0,
        seed: 3_847_647_579_678_717_373,
    };
    nothing_is_found(&conversation);
}

/// The module opens a link with another number than it was told to, and says so.
#[test]
fn a_link_whose_number_was_spoilt_on_the_way_is_closed() {
    for profile in Profile::ST67 {
        for bits in [1, 2, 4] {
            for after in 8..16 {
                let spoilt = |deed| {
                    let steps = vec![
                        step(Command { which: 1 }),
                        struck(deed, after, ToModule(Flip(bits))),
                    ];
                    nothing_is_found(&on_host(profile, with_memory(1, 1), steps));
                };
                spoilt(OpenDatagrams {
                    bound: false,
                    peer: 0,
                });
                spoilt(Connect { to: Answering });
            }
        }
    }
}

/// A peer closes before the module listens, and another gets its link while the rest is read.
#[test]
fn the_bytes_of_who_gets_a_link_next_are_not_read() {
    for profile in ALL {
        for (said, says) in [(1, 1), (1, 1346), (1024, 1), (1024, 1346)] {
            let steps = vec![
                step(Connect { to: Answering }),
                step(PeerSays {
                    socket: 0,
                    size: said,
                }),
                step(Join { if_down: true }),
                step(PeerCloses { socket: 0 }),
                step(Listen { port: 0 }),
                step(Dial { says }),
                step(Receive {
                    socket: 0,
                    buffer: 1,
                    times: 1,
                    wait_ms: 0,
                }),
                step(Accept { wait_ms: 0 }),
            ];
            let mut conversation = on(profile, steps);
            conversation.surroundings.latency_ms = 48;
            conversation.host = with_memory(5, 4);
            nothing_is_found(&conversation);
        }
    }
}

/// Before a module listens it is asked for its links, and there are none any more.
#[test]
fn it_listens_though_a_line_comes_that_nobody_knows() {
    for profile in ALL {
        for after in 0..6 {
            let steps = vec![
                step(Connect { to: Answering }),
                step(Join { if_down: true }),
                struck(Wait { socket: 0, ms: 0 }, after, Gap(1)),
                step(PeerCloses { socket: 0 }),
                step(Listen { port: 0 }),
            ];
            let mut conversation = on(profile, steps);
            conversation.surroundings.latency_ms = 5;
            conversation.host = without_room(2);
            nothing_is_found(&conversation);
        }
    }
}

/// The only place for a connection has a link whose close the module did not take.
#[test]
fn what_lingers_is_closed_before_a_connection_gets_its_place() {
    for profile in ALL {
        let steps = vec![
            step(Connect { to: Answering }),
            step(Dial { says: 1 }),
            step(Listen { port: 0 }),
            step(Listen { port: 0 }),
            receive(1),
            struck(Close { socket: 0 }, 0, Busy),
            step(PeerSays { socket: 0, size: 1 }),
            step(Accept { wait_ms: 0 }),
        ];
        let mut conversation = on(profile, steps);
        conversation.surroundings.network_ms = 101;
        conversation.host = with_memory(2, 1);
        nothing_is_found(&conversation);
    }
}

/// What is behind a loss within a payload fills it, and the first word of a module that has restarted looks
/// like its end.
#[test]
fn a_payload_is_not_closed_by_the_start_of_a_module() {
    for profile in Profile::MICROCHIP {
        for lost in 10..16 {
            let read = |buffer, times| Receive {
                socket: 0,
                buffer,
                times,
                wait_ms: 0,
            };
            let steps = vec![
                step(Connect { to: Answering }),
                step(Join { if_down: true }),
                struck(Join { if_down: false }, 1425, MODULE_RESETS),
                step(ReleaseSockets),
                step(Resolve { known: true }),
                step(Connect { to: Answering }),
                step(Stream {
                    socket: 0,
                    gather: 0,
                    write: 1465,
                    pieces: 2,
                    read: 16,
                    wait_ms: 8,
                }),
                step(read(8, 3)),
                struck(read(24, 4), 844, ToHost(Drop(lost))),
                step(read(506, 4)),
            ];
            let mut conversation = on(profile, steps);
            conversation.surroundings.network_ms = 10;
            conversation.host = with_memory(1, 1);
            nothing_is_found(&conversation);
        }
    }
}

/// A module that is slow, behind a line that was cut, is paid slowly: it has not all too many questions to
/// answer then.
#[test]
fn a_slow_module_comes_back_behind_a_cut() {
    let send = Send { socket: 0, size: 1 };
    let in_use = vec![
        step(Connect { to: Answering }),
        step(Listen { port: 0 }),
        step(Leave),
        step(RECONNECT),
        step(send.clone()),
        struck(send, 111, ToHost(Cut(47_741))),
        step(Resolve { known: false }),
        step(Accept { wait_ms: 0 }),
        struck(RESET, 0, MODULE_RESETS),
        step(Connect { to: Answering }),
        step(LinkState),
    ];
    let fresh = vec![
        struck(RECONNECT, 0, ToModule(Drop(9))),
        step(RESET),
        struck(Connect { to: Answering }, 0, ToHost(Cut(47_273))),
        step(Listen { port: 0 }),
    ];
    for profile in Profile::MICROCHIP {
        for latency_ms in [1244, 1540, 1990] {
            for (steps, resets_first) in [(&in_use, true), (&fresh, false)] {
                let mut conversation = on(profile, steps.clone());
                conversation.surroundings.latency_ms = latency_ms;
                conversation.host = Host {
                    resets_first,
                    ..without_room(2)
                };
                nothing_is_found(&conversation);
            }
        }
    }
}

/// Firmware has no name for a connection that a peer makes while binary data goes to the module.
#[test]
fn a_connection_without_a_name_is_passed_over() {
    for profile in Profile::MICROCHIP {
        for after in 75..90 {
            let steps = vec![
                step(Listen { port: 0 }),
                struck(Join { if_down: true }, after, ToModule(Drop(1))),
                step(OpenDatagrams {
                    bound: true,
                    peer: 0,
                }),
                step(Dial { says: 1 }),
                step(SendDatagram {
                    socket: 0,
                    peer: 0,
                    size: 8,
                }),
            ];
            let mut conversation = on(profile, steps);
            conversation.surroundings.network_ms = 60;
            conversation.host = with_memory(2, 1);
            nothing_is_found(&conversation);
        }
    }
}

/// What comes before the first command of the user's is none of its work.
#[test]
fn a_link_that_was_opened_behind_a_refusal_is_closed() {
    for profile in Profile::ST67 {
        for insert in 0..3 {
            let open = OpenDatagrams {
                bound: false,
                peer: 0,
            };
            let steps = vec![
                struck(open, 0, ToModule(Insert(insert))),
                step(Command { which: 0 }),
            ];
            nothing_is_found(&on_host(profile, with_memory(3, 1), steps));
        }
    }
}

/// Firmware closes them itself: no peer has.
#[test]
fn a_connection_that_ends_with_its_listener_says_so() {
    for profile in ALL {
        let steps = vec![
            step(Listen { port: 0 }),
            step(Join { if_down: true }),
            step(Dial { says: 1 }),
            step(Accept { wait_ms: 1 }),
            step(CloseListener),
            step(LinkState),
        ];
        nothing_is_found(&on(profile, steps));
    }
}

/// Two lines that nobody knows: the second in the answer to the question to which the first has led.
#[test]
fn a_line_that_nobody_knows_fails_no_reading_of_datagrams() {
    for profile in ALL {
        let open = step(OpenDatagrams {
            bound: false,
            peer: 0,
        });
        let tell = step(Tell { lines: 1 });
        let steps = vec![
            open.clone(),
            tell.clone(),
            step(Connect { to: Answering }),
            open,
            tell,
            step(ReceiveDatagrams {
                socket: 2,
                buffer: 0,
                times: 1,
                wait_ms: 0,
            }),
        ];
        let mut conversation = on(profile, steps);
        conversation.surroundings.baud = Some(921_600);
        conversation.host = with_memory(3, 1);
        nothing_is_found_on(&conversation);
    }
}

/// Only the reset input leads out of it.
#[test]
fn a_byte_too_much_for_a_binary_payload_ends_with_a_reset() {
    for profile in Profile::MICROCHIP {
        for after in 30..45 {
            let steps = vec![
                step(OpenDatagrams {
                    bound: false,
                    peer: 0,
                }),
                struck(Addresses, after, ToModule(Insert(6))),
                step(SendDatagram {
                    socket: 0,
                    peer: 0,
                    size: 398,
                }),
            ];
            let mut conversation = on(profile, steps);
            conversation.surroundings.latency_ms = 16;
            conversation.surroundings.baud = Some(115_200);
            conversation.host = with_memory(1, 1);
            nothing_is_found(&conversation);
        }
    }
}

/// A busy module drops the command that closes a socket, and the one that does it again.
#[test]
fn a_socket_that_was_not_closed_twice_is_closed_before_the_next_is_opened() {
    for profile in ALL {
        for last in [Join { if_down: true }, Command { which: 1 }] {
            let steps = vec![
                step(Join { if_down: true }),
                step(OpenDatagrams {
                    bound: true,
                    peer: 0,
                }),
                step(Join { if_down: true }),
                struck(RECONNECT, 3, Busy),
                struck(RECONNECT, 0, Busy),
                step(CloseDatagrams { socket: 0 }),
                step(last),
            ];
            nothing_is_found(&on_host(profile, with_memory(2, 1), steps));
        }
    }
}

/// The notice of a byte is spoilt, and its peer closes while the module is asked what it holds.
#[test]
fn what_a_link_held_that_ends_while_it_is_asked_for_is_read() {
    for profile in ALL {
        for after in 110..125 {
            let steps = vec![
                struck(RECONNECT, after, ToHost(Insert(0))),
                step(Addresses),
                step(Connect { to: Answering }),
                step(PeerSays { socket: 0, size: 1 }),
                step(Connect { to: Answering }),
                step(PeerCloses { socket: 2 }),
                step(Connect { to: Answering }),
            ];
            let mut conversation = on(profile, steps);
            conversation.surroundings.baud = Some(921_600);
            conversation.host = without_room(3);
            nothing_is_found_on(&conversation);
        }
    }
}

/// One answer comes much later than a module takes that has begun to answer: the answers behind it are not
/// those to the questions that were asked last.
#[test]
fn a_late_answer_is_not_taken_for_the_list_of_sockets() {
    for profile in Profile::MICROCHIP {
        for late in [12_000, 15_500, 18_949, 21_000] {
            let steps = vec![
                step(Connect { to: Taking }),
                struck(Dial { says: 1 }, 2, Late(late)),
                struck(Resolve { known: false }, 0, ToHost(Cut(1))),
                step(LinkState),
                step(Send { socket: 0, size: 1 }),
            ];
            let mut conversation = on(profile, steps);
            conversation.surroundings.latency_ms = 1254;
            conversation.host = Host {
                tick_ms: 7,
                ..without_room(2)
            };
            nothing_is_found(&conversation);
        }
    }
}

/// The module resets while a socket is closed that could not be closed before: what is opened next is not
/// opened in the fresh one, which nobody has set up.
#[test]
fn a_reset_during_a_close_is_seen_before_the_next_socket() {
    for profile in Profile::MICROCHIP {
        for after in 225..240 {
            let steps = vec![
                step(RECONNECT),
                step(RESET),
                step(Connect { to: Answering }),
                struck(Dial { says: 1 }, 100, ToHost(Drop(1))),
                struck(Connect { to: Answering }, after, MODULE_RESETS),
                step(OpenDatagrams {
                    bound: false,
                    peer: 0,
                }),
                step(Join { if_down: true }),
                step(Join { if_down: true }),
            ];
            let mut conversation = on(profile, steps);
            conversation.host = Host {
                tick_ms: 14,
                resets_first: true,
                ..with_memory(4, 1)
            };
            nothing_is_found(&conversation);
        }
    }
}

/// A command of which bytes are lost makes the module answer in numbers.
#[test]
fn a_module_that_answers_in_numbers_is_made_to_answer_in_words() {
    for profile in Profile::MICROCHIP {
        for after in 26..31 {
            let steps = vec![
                struck(RESET, after, ToModule(Drop(9))),
                step(Resolve { known: false }),
            ];
            nothing_is_found(&on_host(profile, without_room(1), steps));
        }
    }
}

/// The command that makes a module answer in words loses its number on the way, and it answers in numbers; the
/// next call tells it again.
#[test]
fn what_has_made_a_module_fall_silent_is_told_again() {
    let answers = [
        struck(RECONNECT, 0, ToModule(Delay(2530))),
        struck(Join { if_down: true }, 0, Unplug),
    ];
    for profile in Profile::MICROCHIP {
        for deed in [Command { which: 0 }, Join { if_down: true }] {
            let mut steps = answers.to_vec();
            steps.push(struck(deed, 27, ToModule(Drop(1))));
            nothing_is_found(&on_host(profile, without_room(2), steps));
        }
    }
}

/// A line that nobody knows stands in the list of sockets for which a call asks in its middle.
#[test]
fn a_list_of_sockets_is_asked_for_once_more() {
    for profile in Profile::MICROCHIP {
        for after in 0..8 {
            let unknown = |deed| struck(deed, after, Gap(3));
            let conversations = [
                vec![
                    step(Tell { lines: 1 }),
                    unknown(Connect { to: Answering }),
                    step(Join { if_down: true }),
                ],
                vec![
                    unknown(RECONNECT),
                    step(Tell { lines: 2 }),
                    step(OpenDatagrams {
                        bound: false,
                        peer: 0,
                    }),
                ],
                vec![
                    unknown(RECONNECT),
                    step(Listen { port: 0 }),
                    step(CloseListener),
                ],
            ];
            for steps in conversations {
                nothing_is_found(&on_host(profile, without_room(2), steps));
            }
        }
    }
}

/// What a host before this one has left is closed also by one that listens first, and a row of which the last
/// digit was spoilt is asked for again.
#[test]
fn sockets_that_nobody_knows_are_closed_before_a_listener_is_opened() {
    for profile in Profile::MICROCHIP {
        let left = vec![
            step(Connect { to: Answering }),
            step(Join { if_down: true }),
            step(RestartHost),
            struck(Join { if_down: true }, 16, ToModule(Insert(6))),
            step(Listen { port: 0 }),
        ];
        nothing_is_found(&on_host(profile, without_room(2), left));
    }
    let spoilt = vec![
        step(RESET),
        struck(RECONNECT, 1, ToHost(Drop(1))),
        struck(Connect { to: Answering }, 314, ToHost(Flip(128))),
        step(Resolve { known: false }),
        step(Join { if_down: false }),
        step(Tell { lines: 1 }),
        step(Listen { port: 0 }),
    ];
    let mut conversation = on(MicrochipFw0_2_0, spoilt);
    conversation.surroundings.latency_ms = 781;
    conversation.host = without_room(2);
    nothing_is_found(&conversation);
}

/// The notice that the access point is gone is spoilt, and what was on its way does not come; who asks for the
/// state of the link is told.
#[test]
fn whoever_asks_for_the_link_hears_that_it_is_lost() {
    for profile in ALL {
        for kind in [Drop(1), Flip(128), Cut(1)] {
            for after in 0..14 {
                let steps = vec![
                    step(Connect { to: Taking }),
                    step(PeerSays { socket: 0, size: 1 }),
                    struck(LoseLink, after, ToHost(kind.clone())),
                ];
                nothing_is_found(&on_host(profile, without_room(1), steps));
            }
        }
    }
}

/// A connection that was made before the module listened has ended, and a peer whose notice is lost gets its
/// link: what the peer says is not read in its name.
#[test]
fn nobody_reads_for_an_older_connection_what_a_peer_says() {
    for profile in Profile::ST67 {
        let steps = vec![
            step(Connect { to: Closing(1) }),
            step(Send { socket: 0, size: 1 }),
            step(Join { if_down: true }),
            step(Listen { port: 0 }),
            struck(Send { socket: 0, size: 1 }, 0, Gap(0)),
            struck(Listen { port: 0 }, 0, ToHost(Cut(1))),
            step(Dial { says: 1 }),
            step(Join { if_down: true }),
            receive(1),
        ];
        let mut conversation = on(profile, steps);
        conversation.surroundings.latency_ms = 3;
        conversation.host = without_room(2);
        nothing_is_found(&conversation);
    }
}

/// A connection is made of which the caller was told that it was not: what its server says is nobody's.
#[test]
fn a_socket_that_was_not_connected_has_nothing_to_read() {
    for profile in Profile::ST67 {
        let steps = vec![
            struck(LinkState, 5, Gap(1)),
            struck(Listen { port: 0 }, 4, ToHost(Drop(16))),
            step(Connect { to: Sending(1) }),
            step(LoseLink),
            receive(1),
        ];
        nothing_is_found(&on_host(profile, without_room(1), steps));
    }
}

/// The passthrough mode is entered too late, and what comes until it is left may have been an event.
#[test]
fn an_event_before_a_late_passthrough_is_told_or_counted() {
    for profile in Profile::ST67 {
        let steps = vec![
            struck(Listen { port: 0 }, 3, Late(11_000)),
            step(Passthrough {
                write: 1,
                read: 1,
                wait_ms: 1,
            }),
            step(Tell { lines: 1 }),
        ];
        let mut conversation = on(profile, steps);
        conversation.host = Host {
            spare: 600,
            ..without_room(1)
        };
        nothing_is_found(&conversation);
    }
}

/// Of a close that was spoilt nothing is told: both times that it was sent, or where the module has understood
/// another link.
#[test]
fn a_close_that_nobody_has_heard_leaves_no_link() {
    let open = OpenDatagrams {
        bound: false,
        peer: 0,
    };
    for profile in Profile::ST67 {
        let close = CloseDatagrams { socket: 0 };
        let both = vec![
            step(RestartHost),
            struck(Listen { port: 0 }, 93, ToModule(Cut(1))),
            step(Join { if_down: false }),
            struck(RECONNECT, 103, ToModule(Drop(1))),
            step(OpenDatagrams {
                bound: true,
                peer: 0,
            }),
            struck(close, 15, ToModule(Drop(1))),
        ];
        nothing_is_found(&on_host(profile, with_memory(1, 1), both));
        let split = vec![
            step(open.clone()),
            struck(ReleaseSockets, 2, ToModule(Insert(0))),
        ];
        nothing_is_found(&on_host(profile, with_memory(1, 1), split));
        let another = vec![
            step(Join { if_down: true }),
            step(open.clone()),
            struck(RECONNECT, 12, ToModule(Flip(4))),
            step(ReleaseSockets),
        ];
        nothing_is_found(&on_host(profile, with_memory(4, 1), another));
    }
}

/// Nobody has confirmed that a listener is closed, with which firmware ends what it has accepted.
#[test]
fn what_ends_with_a_listener_whose_close_was_broken_off_is_no_end_of_the_peers() {
    for profile in Profile::MICROCHIP {
        let stream = Stream {
            socket: 0,
            gather: 0,
            write: 1,
            pieces: 1,
            read: 1,
            wait_ms: 1,
        };
        let steps = vec![
            step(Listen { port: 0 }),
            step(Dial { says: 1 }),
            step(Accept { wait_ms: 1 }),
            struck(CloseListener, 0, Interrupt),
            step(stream),
        ];
        nothing_is_found(&on_host(profile, with_memory(3, 1), steps));
    }
}

/// It echoes what it hears, and answers in numbers: nevertheless it is somebody else.
#[test]
fn a_module_that_echoes_and_answers_in_numbers_is_told_to_use_words() {
    for profile in Profile::MICROCHIP {
        let unheard = vec![
            struck(Connect { to: Answering }, 1, ToHost(Drop(1))),
            step(RestartModule),
            struck(Join { if_down: true }, 27, ToModule(Drop(1))),
        ];
        nothing_is_found(&on_host(profile, without_room(2), unheard));
        let added = vec![
            step(RESET),
            struck(Join { if_down: true }, 82, ToModule(Insert(1))),
            step(Connect { to: Answering }),
            step(Connect { to: Answering }),
            struck(Listen { port: 0 }, 27, ToModule(Cut(1))),
            step(RestartModule),
            step(ReleaseSockets),
        ];
        nothing_is_found(&on_host(profile, without_room(1), added));
    }
}

/// The refusal was of noise in front of the command, which opens the link behind it.
#[test]
fn a_link_that_opens_behind_a_refusal_is_closed() {
    for profile in Profile::ST67 {
        let steps = vec![
            step(Command { which: 0 }),
            struck(Listen { port: 0 }, 13, ToModule(Insert(3))),
            step(Join { if_down: true }),
            step(OpenDatagrams {
                bound: false,
                peer: 0,
            }),
        ];
        nothing_is_found(&on_host(profile, with_memory(1, 1), steps));
    }
}

/// What noise has added pushes the end of a payload out, and that looks like the beginning of an event, or like
/// the prompt of a module that starts; or a byte is lost, and the line end of a line that nobody knows is taken for it.
#[test]
fn payload_that_was_moved_by_a_byte_is_not_handed_out() {
    for profile in Profile::MICROCHIP {
        let event = vec![
            struck(Connect { to: Sending(256) }, 102, ToHost(Insert(0))),
            step(Send { socket: 0, size: 1 }),
            receive(1),
            step(Join { if_down: true }),
        ];
        nothing_is_found(&on_host(profile, with_memory(1, 3), event));
        let line_end = vec![
            struck(Join { if_down: true }, 140, ToHost(Drop(1))),
            step(Connect { to: Sending(7) }),
            struck(
                Receive {
                    socket: 0,
                    buffer: 7,
                    times: 1,
                    wait_ms: 0,
                },
                1,
                Gap(4),
            ),
        ];
        nothing_is_found(&on_host(profile, without_room(1), line_end));
        let open = OpenDatagrams {
            bound: false,
            peer: 0,
        };
        let prompt = vec![
            step(Connect { to: Answering }),
            step(Join { if_down: true }),
            step(RECONNECT),
            struck(open, 160, ToHost(Insert(5))),
            step(Join { if_down: true }),
            step(Reconnect {
                socket: 0,
                to: Sending(34),
            }),
            step(Connect { to: Answering }),
            step(Wait { socket: 0, ms: 0 }),
            step(Join { if_down: true }),
        ];
        let host = Host {
            tick_ms: 8,
            resets_first: true,
            ..with_memory(1, 4)
        };
        let mut conversation = on_host(profile, host, prompt);
        conversation.surroundings.latency_ms = 474;
        nothing_is_found(&conversation);
    }
}

/// The notice of who has come loses a digit of its socket's name.
#[test]
fn who_has_come_is_looked_up() {
    for profile in Profile::MICROCHIP {
        let alone = vec![
            step(Listen { port: 0 }),
            struck(RECONNECT, 10, ToHost(Drop(1))),
            step(Dial { says: 1 }),
            struck(Accept { wait_ms: 1 }, 0, Late(1)),
        ];
        nothing_is_found(&on_host(profile, with_memory(2, 1), alone));
        let busy = vec![
            struck(RECONNECT, 0, ToModule(Insert(1))),
            step(Join { if_down: true }),
            step(Listen { port: 0 }),
            struck(RECONNECT, 10, ToHost(Drop(1))),
            struck(RECONNECT, 0, Busy),
            step(RECONNECT),
            step(Dial { says: 1 }),
            step(Join { if_down: false }),
            step(Accept { wait_ms: 0 }),
            step(Join { if_down: true }),
        ];
        nothing_is_found(&on_host(profile, with_memory(2, 1), busy));
    }
}

/// All of the announcement is lost, from its first byte to its line end.
#[test]
fn an_end_is_told_behind_what_was_never_announced() {
    for profile in Profile::ST67 {
        let steps = vec![
            step(Connect { to: Answering }),
            struck(Resolve { known: true }, 29, ToHost(Drop(28))),
            step(PeerSays { socket: 0, size: 1 }),
            receive(1),
            step(PeerCloses { socket: 0 }),
        ];
        let mut conversation = on_host(profile, without_room(1), steps);
        conversation.surroundings.latency_ms = 30;
        nothing_is_found(&conversation);
    }
}

/// The command that reads it loses a digit: the module tells of the rest as if it were another.
#[test]
fn the_rest_of_a_datagram_is_no_datagram() {
    for profile in Profile::MICROCHIP {
        let steps = vec![
            step(Join { if_down: true }),
            step(OpenDatagrams {
                bound: true,
                peer: 0,
            }),
            step(PeerSendsDatagrams {
                socket: 0,
                peer: 0,
                sizes: vec![8, 1000],
            }),
            step(Connect { to: Answering }),
            step(Connect { to: Answering }),
            struck(
                Send {
                    socket: 0,
                    size: 32,
                },
                124,
                ToModule(Drop(1)),
            ),
            step(ReceiveDatagrams {
                socket: 0,
                buffer: 1470,
                times: 2,
                wait_ms: 51,
            }),
        ];
        nothing_is_found(&on_host(profile, with_memory(4, 2), steps));
    }
}

/// Noise makes three commands of a setting: the module answers the first, and is too busy for the rest.
#[test]
fn an_answer_to_half_a_setting_is_not_taken_for_its_own() {
    for profile in Profile::ST67 {
        let steps = vec![
            step(Join { if_down: true }),
            struck(Connect { to: Answering }, 0, Busy),
            step(Listen { port: 0 }),
            struck(receive(1).deed, 129, ToModule(Insert(6))),
            step(Join { if_down: false }),
            step(RESET),
        ];
        nothing_is_found(&on_host(profile, with_memory(1, 1), steps));
    }
}

/// A peer gets the link of a connection that has ended: what was not read of that is gone, and said to be if there
/// was something.
#[test]
fn a_link_that_a_peer_gets_is_read_for_nobody_else() {
    for profile in Profile::ST67 {
        let read = vec![
            step(Connect { to: Answering }),
            step(PeerSays { socket: 0, size: 1 }),
            step(Listen { port: 0 }),
            step(Dial { says: 1 }),
            step(PeerCloses { socket: 0 }),
            receive(1),
        ];
        let mut conversation = on_host(profile, without_room(2), read);
        conversation.surroundings.latency_ms = 3;
        nothing_is_found(&conversation);
        let unread = vec![
            step(Connect { to: Answering }),
            step(PeerSays {
                socket: 0,
                size: 11,
            }),
            step(Listen { port: 0 }),
            step(Connect { to: Answering }),
            step(Receive {
                socket: 2,
                buffer: 4,
                times: 3,
                wait_ms: 0,
            }),
            step(Send { socket: 0, size: 1 }),
            step(PeerCloses { socket: 0 }),
            step(Dial { says: 1 }),
        ];
        let mut conversation = on_host(profile, without_room(3), unread);
        conversation.surroundings.close_behind_data = true;
        nothing_is_found(&conversation);
        // What is left is told of behind the end.
        let counted = vec![
            step(Connect { to: Closing(1) }),
            step(Send { socket: 0, size: 1 }),
            step(Connect { to: Answering }),
            step(Send { socket: 0, size: 1 }),
            step(Listen { port: 0 }),
            step(Dial { says: 1 }),
            step(Tell { lines: 1 }),
        ];
        nothing_is_found(&on_host(profile, without_room(3), counted));
        let never_read = vec![
            step(Connect { to: Sending(1) }),
            step(PeerCloses { socket: 0 }),
            step(Connect { to: Answering }),
            step(Listen { port: 0 }),
            step(Dial { says: 1 }),
            step(Join { if_down: true }),
        ];
        nothing_is_found(&on_host(profile, with_memory(4, 1), never_read));
        let written = vec![
            step(Connect { to: Answering }),
            step(Listen { port: 0 }),
            step(Dial { says: 1 }),
            step(PeerCloses { socket: 0 }),
            step(Stream {
                socket: 0,
                gather: 0,
                write: 2,
                pieces: 2,
                read: 1,
                wait_ms: 1,
            }),
        ];
        let mut conversation = on_host(profile, without_room(2), written);
        conversation.surroundings.latency_ms = 8;
        nothing_is_found(&conversation);
    }
}

/// A connection has ended and a peer has got its link, while what was there is read: that may be the peer's.
#[test]
fn what_was_read_of_two_connections_is_missed_by_neither() {
    for profile in Profile::ST67 {
        let steps = vec![
            step(Connect { to: Answering }),
            step(Send { socket: 0, size: 1 }),
            step(Listen { port: 0 }),
            step(Dial { says: 1 }),
            step(PeerCloses { socket: 0 }),
            receive(1),
            step(Accept { wait_ms: 0 }),
        ];
        let mut conversation = on_host(profile, without_room(3), steps);
        conversation.surroundings.latency_ms = 100;
        nothing_is_found(&conversation);
    }
}
