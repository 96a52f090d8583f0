#!/usr/bin/env python3
"""Makes tests/embed/reference.json: tokens and vectors of texts in many scripts, by other means than the program's own.

The characters are normalised by SentencePiece's own nmt_nfkc, cut by the `tokenizers` library over the file's pieces, and the forward pass
is float32 in numpy over the 4-bit weights written out. Needs: pip install numpy tokenizers sentencepiece.

    tests/embed/reference.py WEIGHTS > tests/embed/reference.json
    tests/embed/reference.py WEIGHTS --tokens FILE     one line of ids for each line of FILE
"""
import json
import math
import struct
import sys

import numpy
import sentencepiece
import tokenizers

TEXTS = [
    ["query", "how much protein should a female eat"],
    ["passage", "The recommended protein intake for adult women is about 46 g/day."],
    ["passage", ""],
    ["passage", "I moved to Lisbon in March 2023 and started working at the bakery on Rua Augusta."],
    ["passage", "Die Straßenbahn fährt heute nicht, weil es über Nacht stark geschneit hat."],
    ["query", "où habite la sœur de l'élève ?"],
    ["passage", "El próximo año estudiaré ingeniería en Bogotá."],
    ["passage", "Моя бабушка выращивает помидоры на даче под Тверью."],
    ["query", "когда прибывает поезд из Киева"],
    ["passage", "我妹妹下个月要去上海参加一个关于人工智能的会议。"],
    ["passage", "昨日、友達と一緒に京都で美味しいラーメンを食べました。"],
    ["passage", "ｶﾀｶﾅ ＦＵＬＬ　ＷＩＤＴＨ １２３ ㍿ ﷺ ½"],
    ["passage", "오늘은 날씨가 좋아서 한강에서 자전거를 탔어요."],
    ["query", "أين تقع أقرب صيدلية؟"],
    ["passage", "הכלב שלי אוהב לשחק בגינה עם הכדור הכחול."],
    ["passage", "मेरी माँ हर रविवार को आलू के पराठे बनाती हैं।"],
    ["passage", "พรุ่งนี้ฉันจะไปตลาดน้ำกับครอบครัว"],
    ["passage", "Η Μαρία πίνει τον καφέ της χωρίς ζάχαρη."],
    ["passage", "std::unique_ptr<E5Model> open(const std::string& path); // 0x7fff, v2.3.1-rc4"],
    ["query", "🙂🙃 emoji 👩‍👩‍👧 and   spaces\t\ttabs\n\nlines ‎ ​zero"],
    ["passage", "ᚠᚢᚦᚨᚱᚲ ꙮ 𓀀𓀁 <s> </s> <mask> <unk> ▁a▁▁b"],
    ["passage", "Xin chào, tôi tên là Nguyễn Văn An và tôi sống ở Hà Nội."],
    ["passage", "word " * 700],
]


class Weights:
    def __init__(self, path):
        self.raw = open(path, "rb").read()
        at = 4 + 4
        (self.hidden, self.layers, self.heads, self.wide, self.words, self.places, self.types, self.epsilon, _, count, self.bos, self.eos,
         self.pad, self.unknown, size) = struct.unpack_from("<7if6iQ", self.raw, at)
        at += struct.calcsize("<7if6iQ")
        offsets = struct.unpack_from(f"<{count + 1}I", self.raw, at)
        at += 4 * (count + 1)
        self.scores = struct.unpack_from(f"<{count}f", self.raw, at)
        at += 4 * count
        self.pieces = [self.raw[at + a:at + b].decode() for a, b in zip(offsets, offsets[1:])]
        at += size
        _, size = struct.unpack_from("<iI", self.raw, at)
        at += 8 + size
        (count,) = struct.unpack_from("<i", self.raw, at)
        at += 4
        self.where = {}
        for _ in range(count):
            (length,) = struct.unpack_from("<H", self.raw, at)
            name = self.raw[at + 2:at + 2 + length].decode()
            at += 2 + length
            self.where[name] = struct.unpack_from("<BIQQ", self.raw, at)
            at += 21

    def floats(self, name):
        _, count, offset, _ = self.where[name]
        return numpy.frombuffer(self.raw, "<f4", count, offset)

    def matrix(self, name, columns):
        _, count, offset, _ = self.where[name]
        blocks = numpy.frombuffer(self.raw, numpy.dtype([("scale", "<f2"), ("nibbles", "u1", 16)]), count // 32, offset)
        values = numpy.concatenate([blocks["nibbles"] & 15, blocks["nibbles"] >> 4], axis=1).astype(numpy.float32) - 8
        return (values * blocks["scale"].astype(numpy.float32)[:, None]).reshape(-1, columns)


class Reference:
    def __init__(self, path):
        self.w = w = Weights(path)
        self.normalise = sentencepiece.SentencePieceNormalizer(rule_name="nmt_nfkc", add_dummy_prefix=False, escape_whitespaces=False,
                                                               remove_extra_whitespaces=True)
        hidden = {w.bos, w.eos, w.pad, w.unknown, w.pieces.index("<mask>")}
        # Marks of the model never come from a text: they get names that no text has.
        vocabulary = [("\0mark %d" % i if i in hidden else p, s if i not in hidden else 0.0) for i, (p, s) in enumerate(zip(w.pieces, w.scores))]
        self.unigram = tokenizers.Tokenizer(tokenizers.models.Unigram(vocabulary, unk_id=w.unknown, byte_fallback=False))
        self.unigram.pre_tokenizer = tokenizers.pre_tokenizers.Sequence(
            [tokenizers.pre_tokenizers.WhitespaceSplit(), tokenizers.pre_tokenizers.Metaspace(replacement="▁", prepend_scheme="always")])
        self.words = w.matrix("emb.word", w.hidden)
        self.matrices = {name: w.matrix(name, w.wide if name.endswith(".fo.w") else w.hidden)
                         for name, entry in w.where.items() if entry[0] == 1 and name != "emb.word"}

    def tokens(self, kind, text):
        # The model is older than SentencePiece's change of mind about U+200D, which was a space to it.
        plain = self.normalise.Normalize(f"{kind}: {text}".replace("\u200d", " ")).replace("▁", " ")
        ids = self.unigram.encode(plain, add_special_tokens=False).ids
        return [self.w.bos] + ids[:510] + [self.w.eos]

    def norm(self, x, name):
        off = x - x.mean(axis=1, keepdims=True)
        scaled = off / numpy.sqrt((off * off).mean(axis=1, keepdims=True) + self.w.epsilon)
        return scaled * self.w.floats(name + ".w") + self.w.floats(name + ".b")

    def linear(self, x, name):
        return x @ self.matrices[name + ".w"].T + self.w.floats(name + ".b")

    def vector(self, ids):
        w = self.w
        n = len(ids)
        x = self.words[ids] + w.floats("emb.pos").reshape(-1, w.hidden)[:n] + w.floats("emb.type").reshape(-1, w.hidden)[0]
        x = self.norm(x, "emb.ln")
        erf = numpy.vectorize(math.erf, otypes=[numpy.float32])
        for i in range(w.layers):
            name = f"l{i}."
            q, k, v = (self.linear(x, name + part).reshape(n, w.heads, -1).transpose(1, 0, 2) for part in "qkv")
            scores = q @ k.transpose(0, 2, 1) / math.sqrt(w.hidden / w.heads)
            scores = numpy.exp(scores - scores.max(axis=2, keepdims=True))
            mixed = (scores / scores.sum(axis=2, keepdims=True)) @ v
            x = self.norm(x + self.linear(mixed.transpose(1, 0, 2).reshape(n, -1), name + "ao"), name + "aln")
            h = self.linear(x, name + "fi")
            h = h * 0.5 * (1 + erf(h / math.sqrt(2)))
            x = self.norm(x + self.linear(h, name + "fo"), name + "oln")
        mean = x.mean(axis=0)
        return mean / numpy.linalg.norm(mean)


def main():
    reference = Reference(sys.argv[1])
    if "--tokens" in sys.argv:
        for line in open(sys.argv[3], encoding="utf-8", newline="\n"):
            print(*reference.tokens("passage", line.rstrip("\n")))
        return
    print("[")
    for i, (kind, text) in enumerate(TEXTS):
        ids = reference.tokens(kind, text)
        vector = [round(float(value), 5) for value in reference.vector(ids)]
        entry = json.dumps({"kind": kind, "text": text, "tokens": ids, "vector": vector}, ensure_ascii=False, separators=(",", ":"))
        print(entry + ("," if i + 1 < len(TEXTS) else ""))
    print("]")


if __name__ == "__main__":
    main()
