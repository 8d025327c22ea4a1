package io.espalier.examples.basemodel.corpus;

import java.util.List;

/** Greetings, thanks and partings. */
final class Manners {
  private Manners() {}

  static List<Topic> topics() {
    return List.of(
        topic("你好\n你好！\n您好\n嗨，你好\n大家好\n哈喽", "你好，有什么可以帮你？"),
        topic("早上好\n早上好！\n早安\n早啊\n你早\n各位早上好", "早上好，祝你一天顺利。"),
        topic("谢谢你\n谢谢\n谢谢！\n多谢了\n非常感谢\n太感谢你了", "不客气，很高兴帮到你。"),
        topic("再见\n再见！\n下次见\n我走了，再见\n回头见\n拜拜", "再见，欢迎再来。"),
        topic("晚安\n晚安！\n我要睡了，晚安\n该睡觉了\n祝你晚安\n好梦", "晚安，做个好梦。"),
        topic("对不起\n抱歉\n真对不起\n不好意思\n请原谅我\n我错了，抱歉", "没关系，别放在心上。"),
        topic("Hello\nHello!\nHi\nHi there\nHey\nGood day", "Hello, how can I help you?"),
        topic(
            "Good morning\nGood morning!\nMorning!\nA good morning to you\n"
                + "Hello and good morning\nHave a good morning",
            "Good morning, have a nice day."),
        topic(
            "Thank you\nThanks\nThank you!\nThanks a lot\nMany thanks\nThank you very much",
            "You are welcome, I am happy to help."),
        topic(
            "Goodbye\nGoodbye!\nBye\nSee you later\nI have to go now\nBye bye",
            "Goodbye, come back soon."),
        topic(
            "Good night\nGood night!\nI go to bed now\nTime to sleep\n"
                + "Have a good night\nSleep well",
            "Good night, sleep well."),
        topic(
            "Sorry\nI am sorry\nSo sorry!\nPlease forgive me\nMy mistake, sorry\nExcuse me for that",
            "No problem, do not worry."));
  }

  private static Topic topic(String wordings, String answer) {
    return new Topic(wordings.lines().toList(), answer, List.of(List.of()));
  }
}
