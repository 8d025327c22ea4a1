package io.espalier.examples.basemodel.corpus;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** What comes before and after in an order everybody knows: days, months, numbers, letters. */
final class Sequences {
  private static final String ZH_DAYS = "星期一 星期二 星期三 星期四 星期五 星期六 星期日";
  private static final String EN_DAYS = "Monday Tuesday Wednesday Thursday Friday Saturday Sunday";
  private static final String ZH_MONTHS = "一月 二月 三月 四月 五月 六月 七月 八月 九月 十月 十一月 十二月";
  private static final String EN_MONTHS =
      "January February March April May June July August September October November December";
  private static final String ZH_NUMBERS = "一 二 三 四 五 六 七 八 九 十";
  private static final String EN_NUMBERS = "one two three four five six seven eight nine ten";
  private static final String LETTERS = "A B C D E F G H I J K L";

  private Sequences() {}

  static List<Topic> topics() {
    return List.of(
        topic(
            """
            {0}的后一天是星期几？
            今天是{0}，明天是星期几？
            过了{0}是哪一天？
            {0}之后是哪一天？
            如果今天是{0}，那么明天呢？
            {0}的第二天是什么日子？
            请说出{0}后面的那一天。""",
            "{0}后面是{1}。", next(ZH_DAYS, true)),
        topic(
            """
            {0}的前一天是星期几？
            今天是{0}，昨天是星期几？
            {0}之前是哪一天？
            如果今天是{0}，那么昨天呢？
            哪一天在{0}的前面？
            {0}以前的一天是什么日子？
            请说出{0}前面的那一天。""",
            "{0}前面是{1}。", previous(ZH_DAYS)),
        topic(
            """
            Which day comes after {0}?
            Today is {0}. What is tomorrow?
            What day follows {0}?
            If today is {0}, what day is tomorrow?
            What is the day after {0}?
            Please name the next day after {0}.
            {0} is over. Which day is it now?""",
            "After {0} comes {1}.", next(EN_DAYS, true)),
        topic(
            """
            Which day comes before {0}?
            Today is {0}. What was yesterday?
            What day is right before {0}?
            If today is {0}, what day was yesterday?
            What is the day before {0}?
            Please name the last day before {0}.
            Tomorrow is {0}. Which day is it now?""",
            "Before {0} comes {1}.", previous(EN_DAYS)),
        topic(
            """
            {0}之后是几月？
            过了{0}是几月？
            {0}的下一个月是几月？
            这个月是{0}，下个月呢？
            哪个月在{0}后面？
            请说出{0}后面的月份。""",
            "{0}后面是{1}。", next(ZH_MONTHS, true)),
        topic(
            """
            Which month comes after {0}?
            What month follows {0}?
            It is {0}. What is the next month?
            What is the month after {0}?
            Please name the next month after {0}.
            {0} is over. Which month is it now?""",
            "After {0} comes {1}.", next(EN_MONTHS, true)),
        topic(
            """
            数数的时候，{0}后面是几？
            {0}的下一个数是几？
            比{0}大一的数是什么？
            从{0}往后数一个数是几？
            请说出{0}后面的数。
            数完{0}，接着数几？""",
            "{0}后面是{1}。", next(ZH_NUMBERS, false)),
        topic(
            """
            Which number comes after {0}?
            I count to {0}. What is next?
            What number follows {0}?
            What is one more than {0}?
            Please name the next number after {0}.
            Count one up from {0}.""",
            "After {0} comes {1}.", next(EN_NUMBERS, false)),
        topic(
            """
            Which letter comes after {0}?
            What letter follows {0}?
            What is the next letter after {0}?
            Please name the letter after {0}.
            In the alphabet, what comes after {0}?
            字母{0}后面是哪个字母？""",
            "{0}, {1}.", next(LETTERS, false)));
  }

  private static Topic topic(String wordings, String answer, List<List<String>> contents) {
    return new Topic(wordings.lines().toList(), answer, contents);
  }

  private static List<List<String>> next(String sequence, boolean round) {
    var words = Arrays.asList(sequence.split(" "));
    var pairs = new ArrayList<List<String>>();
    for (int i = 0; i < words.size() - (round ? 0 : 1); i++) {
      pairs.add(List.of(words.get(i), words.get((i + 1) % words.size())));
    }
    return pairs;
  }

  private static List<List<String>> previous(String sequence) {
    return next(sequence, true).stream().map(pair -> List.of(pair.get(1), pair.get(0))).toList();
  }
}
