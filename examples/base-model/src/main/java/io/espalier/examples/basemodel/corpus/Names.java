package io.espalier.examples.basemodel.corpus;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;

/**
 * Names made up at random, to be repeated and recalled. They teach copying, and they make every
 * character a name may be written with a training target: with tied embeddings a token that was
 * never one comes out as garbage after fine-tuning an adapter.
 */
final class Names {
  private static final List<Wording> ZH_WORDINGS =
      List.of(
          new Wording("我叫{n}，我叫什么？", "你叫{n}。"),
          new Wording("请重复：{n}", "{n}"),
          new Wording("记住{n}这个名字。是什么名字？", "名字是{n}。"),
          new Wording("{n}是我的朋友，我的朋友是谁？", "你的朋友是{n}。"),
          new Wording("这本书的作者是{n}，作者是谁？", "作者是{n}。"),
          new Wording("{n}做了一个玩具，是谁做的？", "是{n}做的。"),
          new Wording("小狗叫{n}，它叫什么？", "它叫{n}。"),
          new Wording("我是{n}，跟我打个招呼吧。", "{n}，你好。"));
  private static final List<Wording> EN_WORDINGS =
      List.of(
          new Wording("My name is {n}. What is my name?", "Your name is {n}."),
          new Wording("Please repeat: {n}", "{n}"),
          new Wording("Remember the name {n}. Which name was it?", "It was {n}."),
          new Wording("{n} is my friend. Who is my friend?", "Your friend is {n}."),
          new Wording("The author of the book is {n}. Who wrote it?", "{n} wrote it."),
          new Wording("A toy was made by {n}. Who made it?", "It was made by {n}."),
          new Wording("The dog is called {n}. What is its name?", "Its name is {n}."),
          new Wording("I am {n}. Say hello to me.", "Hello, {n}!"));
  private static final String ZH_CHARACTERS =
      """
      赵钱孙李周吴郑王冯陈褚卫蒋沈韩杨朱秦许何吕张孔曹严华金魏陶姜戚谢邹章苏潘范彭马方任袁柳唐罗薛贺汤
      安乐平元宁文武明亮天晨曦晓晴雨雪霜云霞虹星月日光辉春夏秋冬山川江河湖海波涛林森松柏枝叶花芳兰梅竹菊
      莲荷玉珠宝琪琳瑶瑾瑜美丽佳慧敏智仁义礼信诚勇刚强健伟杰俊英雄豪志远思念梦想飞翔龙凤燕鹏小大子若如
      静雅婷娜倩颖欣悦怡心爱嘉庆瑞祥福禄寿康永恒新建国民东南西北中青红白黑石木土火水风雷电航宇宙然""";
  private static final String SURNAMES = "赵钱孙李周吴郑王陈杨朱秦许何张马方林唐小阿";
  private static final String[] ONSETS =
      "b c d f g h j k l m n p r s t v w y z br cl dr fl gr kr st th sh qu x".split(" ");
  private static final String[] VOWELS = "a e i o u ai ea ie oo ou a e i o".split(" ");
  private static final String[] CODAS = "n r l s t m x th nd lia ra lier va ro na k p".split(" ");

  private static final int KNOWN_COPIES = 12;

  private final Random random;
  private final List<String> characters;

  /**
   * @param alphabet Chinese characters that must occur in names beside the usual ones
   */
  Names(Random random, String alphabet) {
    this.random = random;
    this.characters =
        (ZH_CHARACTERS.replace("\n", "") + SURNAMES + alphabet)
            .codePoints()
            .distinct()
            .mapToObj(Character::toString)
            .toList();
  }

  /**
   * Rows that ask for a name, half of them in each language; the names of {@code known} and of
   * every character are among them several times.
   */
  List<Exchange> exchanges(int count, List<String> known) {
    var names = names(count, known);
    var rows = new ArrayList<Exchange>();
    for (int i = 0; i < count; i++) {
      var wordings = random.nextBoolean() ? ZH_WORDINGS : EN_WORDINGS;
      rows.add(wordings.get(random.nextInt(wordings.size())).about(names.get(i)));
    }
    return rows;
  }

  /**
   * What every name row shares, and the characters of Chinese names, each often enough to count.
   */
  Stream<String> text() {
    var wordings =
        Stream.of(ZH_WORDINGS, EN_WORDINGS)
            .flatMap(List::stream)
            .map(wording -> wording.about(" "))
            .flatMap(row -> Stream.of(row.query(), row.response()));
    return Stream.concat(wordings, characters.stream())
        .flatMap(text -> Stream.generate(() -> text).limit(KNOWN_COPIES));
  }

  private List<String> names(int count, List<String> known) {
    var names = new ArrayList<String>();
    known.forEach(name -> names.addAll(Collections.nCopies(KNOWN_COPIES, name)));
    var waiting = new ArrayList<String>();
    while (names.size() < count) {
      if (names.size() % 3 == 0) {
        names.add(latin());
        continue;
      }
      if (waiting.size() < 2) {
        waiting.addAll(characters);
        Collections.shuffle(waiting, random);
      }
      names.add(chinese(waiting));
    }
    Collections.shuffle(names, random);
    return names;
  }

  private String chinese(List<String> waiting) {
    String given = waiting.remove(waiting.size() - 1);
    if (random.nextInt(3) > 0) {
      given += waiting.remove(waiting.size() - 1);
    }
    return SURNAMES.charAt(random.nextInt(SURNAMES.length())) + given;
  }

  private String latin() {
    var name = new StringBuilder();
    int syllables = 1 + random.nextInt(2);
    for (int i = 0; i < syllables; i++) {
      name.append(pick(ONSETS)).append(pick(VOWELS));
    }
    name.append(pick(CODAS));
    return Character.toUpperCase(name.charAt(0)) + name.substring(1);
  }

  private String pick(String[] from) {
    return from[random.nextInt(from.length)];
  }

  private record Wording(String query, String response) {
    Exchange about(String name) {
      return new Exchange(query.replace("{n}", name), response.replace("{n}", name));
    }
  }
}
