//! Sessions of a broker that makes all kinds of mistakes, each with the same seeds in each run.

use mqtt_proto::{v3, v5};

use super::{REQUESTS, Step, mqtt};

/// Numbers that look random (SplitMix64).
struct Random(u64);

impl Random {
    fn below(&mut self, end: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ self.0 >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ mixed >> 31) % end
    }

    fn id(&mut self) -> [u8; 2] {
        [0, self.below(12) as u8]
    }
}

/// What the client writes is read by a strict codec of the version.
fn read(old: bool) -> impl Fn(&[u8]) {
    move |bytes| match old {
        true => assert!(v3::Packet::decode(bytes).unwrap().is_some()),
        false => assert!(v5::Packet::decode(bytes).unwrap().is_some()),
    }
}

/// The steps of one connection: an opening that is mostly right, and then packets of all kinds.
fn connection(old: bool, number: u64, random: &mut Random) -> Vec<Step> {
    let is_resumed = u8::from(number > 0 && random.below(4) > 0);
    let code = if random.below(8) == 0 { 0x88 } else { 0 };
    let mut stream = match (old, random.below(3)) {
        (true, _) => vec![0x20, 2, 0, code & 5],
        (false, 0) => vec![0x20, 3, is_resumed, code, 0],
        (false, _) => vec![0x20, 6, is_resumed, code, 3, 0x21, 0, 1 + random.below(5) as u8],
    };
    let mut steps = Vec::new();
    // The identifier of the SUBSCRIBE is one of the first that are free.
    for id in 1..12 {
        stream.extend([0x90, 4 - u8::from(old), 0, id]);
        stream.extend((!old).then_some(0));
        stream.push(1);
    }
    for _ in 0..random.below(30) {
        if random.below(3) == 0 {
            steps.push(Step::Bytes(std::mem::take(&mut stream)));
        }
        let [high, low] = random.id();
        match random.below(24) {
            0..8 => stream.extend([0x40, 2, high, low]),
            8 => {
                let code = [0x10, 0x80, 0x83, 0x97, 0x91, 0x95][random.below(6) as usize];
                stream.extend([0x40, 3, high, low, code]);
            }
            9..15 => {
                let text = format!(
                    r#"{{"msg": {{"request_id": "{}", "signed_data": "c2ln", "errors": []}}}}"#,
                    1 + random.below(REQUESTS as u64)
                );
                let properties = if old { &b""[..] } else { b"\x07\x26\0\x01k\0\x01v" };
                let rest = [b"\0\x01t", &[high, low][..], properties, text.as_bytes()].concat();
                stream.extend([0x32, rest.len() as u8]);
                stream.extend(rest);
            }
            15 => stream.extend([0x30, 6, 0, 1, b't', 0, b'{', b'}']),
            16 => stream.extend([0x36, 3, 0, 9, b't']),
            17 => stream.extend([0x34, 6, 0, 1, b't', high, low, 0]),
            18 => {
                stream.extend([0xe0, 1, [0x8e, 0x8b, 0x82, 0x90, 0x9c][random.below(5) as usize]])
            }
            19 => stream.extend([0xd0, 0]),
            20 => steps.push(Step::Time(random.below(800) as u16)),
            21 if random.below(4) == 0 => steps.push(Step::Close),
            21 => steps.push(Step::Stuck(random.below(3000) as u16)),
            22 => stream.extend((0..random.below(4)).map(|_| random.below(256) as u8)),
            _ => stream.extend([0x50, 2, high, low]),
        }
    }
    steps.push(Step::Bytes(stream));
    steps
}

#[test]
fn no_broker_makes_the_client_break_the_protocol() {
    for seed in 0..1000 {
        let mut random = Random(seed);
        let old = random.below(4) == 0;
        let connections: Vec<_> =
            (0..6).map(|number| connection(old, number, &mut random)).collect();
        let run = || mqtt(old, &connections, &read(old));
        if std::panic::catch_unwind(std::panic::AssertUnwindSafe(run)).is_err() {
            panic!("seed {seed}");
        }
    }
}
